"""Whatever file comes in, a wizard's or a picture: taken, or refused with clear words; no other exception, in bounds.

`make fuzz IMPORTS=1000000` is the long form. File `n` of a seed is always the same: FUZZ_SEED=7 FUZZ_FIRST=123456.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import random
import resource
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.admin.forms.editing import editor
from tests.graphs import TOY, graph
from tests.strategies import NASTY, NASTY_TEXTS
from tools.hostile.fuzzing import LONG, VALUES
from wizards import flow
from wizards.models import Wizard
from wizards.publishing import images

IMPORTS = int(os.environ.get("FUZZ_IMPORTS", "3000"))
IS_LONG = "FUZZ_IMPORTS" in os.environ
SEED, FIRST = int(os.environ.get("FUZZ_SEED", "1")), int(os.environ.get("FUZZ_FIRST", "0"))
MOST_SECONDS, MOST_MEGABYTES = 2, 512
ROOT = Path(__file__).parents[2]
SMALL = graph(*TOY)
TEXTS = [flow.dump_document(SMALL, "yaml").encode(), flow.dump_document(SMALL, "json").encode()]
REAL = [file.read_bytes() for file in sorted((ROOT / "fixtures").glob("*.yaml"))]
WORDS = (*VALUES, *NASTY, *NASTY_TEXTS)
PIECES = (
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\t", b"  ", b"- ", b"? ", b": ", b"&a ", b"*a", b"!!"),
    *(
        b"!!python/object/apply:os.system [id]",
        b"<<: *a",
        b"---\n",
        b"...\n",
        b"%YAML 9\n",
        b"|+9\n",
        b">-\n",
        b"'",
        b'"',
    ),
    *(
        b"[" * 30,
        b"{" * 30,
        b"{a: " * 25,
        b"]",
        b"}",
        b"\\u0000",
        b"\\ud800",
        b"9" * 5000,
        b"1e999",
        b"-",
        b"NaN",
        b"#",
    ),
    *("\u2028".encode(), "e\u0301".encode() * 40, "\ufdfa".encode() * 50, "\U0010ffff".encode(), "\u0085".encode()),
)
KEYS = ("format", "slug", "title", "summary", "language", "sources", "symptoms", "nodes", "procedures", "id", "kind")
KEYS += ("to", "choices", "causes", "steps", "procedure", "worked", "failed", "blocked", "declined", "result", "words")
KEYS += ("picture", "weight", "minutes", "erases", "hold_seconds", "label", "__class__", "", "\0", "\ud800", "a" * 400)


def files() -> Iterator[tuple[int, str, bytes, random.Random]]:
    """Yield (number, format, content, dice) of each file of this run."""
    for number in range(FIRST, FIRST + IMPORTS):
        dice = random.Random(f"{SEED}/{number}")
        how = dice.random()
        if how < 0.45:
            form = dice.choice(["json", "json", "yaml"])
            plain = changed(dice, json.loads(TEXTS[1]))
            yield number, form, written(plain, form), dice
        elif how < 0.995:
            form = dice.choice(["json", "json", "yaml"])
            yield number, form, mutated(dice, TEXTS[form == "json"]), dice
        else:
            yield number, "yaml", mutated(dice, dice.choice(REAL)), dice


def changed(dice: random.Random, plain: Any) -> Any:
    """Return a document as plain data with one to four of its parts changed for something else."""
    for _ in range(dice.randint(1, 4)):
        places = list(parts(plain))
        container, key = dice.choice(places)
        what = dice.random()
        if what < 0.2 and isinstance(container, dict):
            del container[key]
        elif what < 0.4 and isinstance(container, dict):
            container[dice.choice(KEYS)] = value(dice, container[key])
        elif what < 0.5 and isinstance(container, list):
            container.insert(dice.randint(0, len(container)), container[key])
        elif what < 0.6:
            other, place = dice.choice(places)
            container[key] = json.loads(json.dumps(other[place]))
        else:
            container[key] = value(dice, container[key])
    return plain


def parts(plain: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every part of plain data."""
    waiting = [plain]
    while waiting:
        here = waiting.pop()
        for key in here if isinstance(here, dict) else range(len(here)):
            yield here, key
            if isinstance(here[key], dict | list):
                waiting.append(here[key])


def value(dice: random.Random, old: Any) -> Any:
    """Return something that somebody might write in a file's place for something else."""
    numbers = [0, -1, 1, 5, 101, 601, 3601, 10**9, 2**63, 10**17, 1.5, True, False, None]
    others = ["q", "why", "fix", "ok", "press", "wipe", "question", "procedure", "diagnosis", "outcome", "solved"]
    deep: Any = "x"
    for _ in range(dice.choice([1, 5, 25])):
        deep = [deep] if dice.random() < 0.5 else {"a": deep}
    return dice.choice(
        [dice.choice(numbers), dice.choice(others), dice.choice(WORDS), deep, [old] * 3, [], {}, str(old)]
    )


def written(plain: Any, form: str) -> bytes:
    """Return plain data as a file. JSON is YAML too, and holds what YAML's own writer cannot."""
    text = json.dumps(plain, ensure_ascii=False)
    with contextlib.suppress(UnicodeEncodeError):
        if form == "yaml":
            text = yaml.dump(plain, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    return text.encode("utf-8", "surrogatepass")


def mutated(dice: random.Random, content: bytes) -> bytes:
    """Return bytes with up to six places cut out, doubled, turned round, or filled with something nasty."""
    made = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(made) + 1)
        end = min(len(made), at + dice.choice([1, 1, 2, 8, 60]))
        what = dice.random()
        if what < 0.25:
            del made[at:end]
        elif what < 0.4:
            made[at:at] = made[at:end] * dice.choice([1, 2, 50])
        elif what < 0.6 and end > at:
            made[at] = dice.randrange(256)
        elif what < 0.62:
            del made[at:]
        else:
            made[at:end] = dice.choice(PIECES)
    return bytes(made)


def held(number: int, content: bytes, take: Callable[[], Any], refusal: type[Exception]) -> tuple[str, float]:
    """Take a file in; return whether it was taken or refused, and the seconds that it took. Nothing else may happen."""
    again = f"FUZZ_SEED={SEED} FUZZ_FIRST={number} FUZZ_IMPORTS=1; base64: {base64.b64encode(content[:3000]).decode()}"
    began = time.process_time()
    try:
        take()
        said = "taken"
    except refusal as refused:
        said = "refused"
        words = str(refused)
        assert words.strip(), again
        assert len(words) < 30_000, again
        # Labels are quoted as they are, also what joins two people to one sign. Nothing steers a screen or a log.
        assert not {unicodedata.category(each) for each in words.replace("\n", "")} & {"Cc", "Cs", "Zl", "Zp"}, again
    except Exception as fault:
        pytest.fail(f"{type(fault).__name__}: {fault}\n{again}")
    seconds = time.process_time() - began
    assert not IS_LONG or seconds < MOST_SECONDS, again
    return said, seconds


@pytest.mark.once
def test_a_wizards_file_is_taken_or_refused_in_clear_words_and_nothing_else():
    became: Counter[str] = Counter()
    slowest = 0.0
    for number, form, content, _ in files():

        def take(content: bytes = content, form: Any = form) -> None:
            document = flow.parse_valid_document(content, form)
            # What was taken can be kept, written and read again.
            assert (
                flow.parse_document(flow.dump_document(document, form), form).content_hash() == document.content_hash()
            )

        said, seconds = held(number, content, take, flow.InvalidFileError)
        became[f"{form} {said}"] += 1
        slowest = max(slowest, seconds)
    print(f"\n{became}, the slowest took {slowest:.2f} s, seed {SEED}")
    if IMPORTS > 1000:
        assert became["json taken"] + became["yaml taken"] > IMPORTS / 100  # some come through to the end
    assert not IS_LONG or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 < MOST_MEGABYTES


def pictures_to_begin_with() -> list[bytes]:
    """Return a small picture of each kind that is taken, and of some that are not."""
    made = []
    for kind, mode in (("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("GIF", "P")):
        file = io.BytesIO()
        noise = Image.effect_noise((24, 18), 80).convert(mode if mode != "P" else "L").convert(mode)
        noise.save(file, kind)
        made.append(file.getvalue())
    return made


@pytest.mark.once
def test_a_picture_is_taken_or_refused_in_clear_words_and_nothing_else(recwarn):
    begun, became = pictures_to_begin_with(), Counter()
    for number in range(FIRST, FIRST + IMPORTS // 10):
        dice = random.Random(f"{SEED}/picture/{number}")
        content = dice.choice(begun)
        content = mutated(dice, content) if dice.random() < 0.95 else content

        def take(content: bytes = content) -> None:
            images.encode(images.decode(content))

        said, _ = held(number, content, take, images.InvalidImageError)
        became[said] += 1
    print(f"\n{became}")
    assert IMPORTS < 1000 or min(became["taken"], became["refused"]) > IMPORTS / 200


@pytest.mark.django_db
def test_the_page_for_importing_says_what_is_wrong_with_any_file_and_changes_nothing():
    client, place = editor(), "/admin/wizards/wizard/import/"
    became: Counter[int] = Counter()
    for number, form, content, dice in files():
        if number - FIRST >= IMPORTS // 60:
            break
        file = SimpleUploadedFile(dice.choice([f"a.{form}", f"a.{form}", "a", "a.exe"]), content)
        response = client.post(place, {"file": file})
        assert response.status_code in {200, 422}, (SEED, number)
        became[response.status_code] += 1
    assert not Wizard.objects.exists()
    assert became[422]


def test_long_words_are_among_what_is_tried():
    assert max(map(len, LONG)) > flow.fields.MAX_TEXT
