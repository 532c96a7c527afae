"""What the site is made of: pinned, held against hashes, and listed; and which findings of bandit are passed over."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
PINNED = sorted(ROOT.glob("requirements*.txt"))


def pins(file):
    """Yield what a file pins: the name and version, and the hashes that may come."""
    for part in file.read_text().replace("\\\n", " ").splitlines():
        if part.strip() and not part.startswith("#"):
            pin, *rest = part.split()
            yield pin, [word for word in rest if word.startswith("--hash=")]


def test_there_are_files_to_install_from():
    assert {file.name for file in PINNED} >= {"requirements.txt", "requirements-dev.txt", "requirements-uv.txt"}


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_every_package_is_pinned_to_one_version_with_its_hashes(file):
    found = list(pins(file))
    assert found
    for pin, hashes in found:
        assert re.fullmatch(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[A-Za-z0-9.+!_-]+", pin), pin
        assert hashes, pin
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), pin


def test_the_list_that_pip_installs_first_holds_uv_alone():
    assert [pin.partition("==")[0] for pin, _ in pins(ROOT / "requirements-uv.txt")] == ["uv"]


def test_each_list_of_what_may_come_is_pinned_by_make_lock():
    said = subprocess.run(["make", "--dry-run", "lock"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [line] = [line for line in said.splitlines() if "pip compile" in line]
    assert {f"{word}.txt" for word in line.partition(" in ")[2].partition(";")[0].split()} == {f.name for f in PINNED}


@pytest.mark.parametrize("file", ["helpdesk/install.py", "docs/production.md"])
def test_nothing_is_installed_that_is_not_held_against_its_hash(file):
    text = (ROOT / file).read_text()
    assert "--require-hashes" in text
    assert not re.search(r"pip install -r|--no-deps|--trusted-host|--index-url", text)


def test_the_list_of_what_the_site_is_made_of_is_whole_and_valid(tmp_path):
    # Imported here: it takes seconds, of every process that collects the tests.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    said = subprocess.run(["make", "--dry-run", "sbom"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [line] = [line for line in said.splitlines() if "cyclonedx_py" in line]
    command = line.replace("var/sbom.json", str(tmp_path / "sbom.json")).split()[1:]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    text = (tmp_path / "sbom.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = {f"{part['name']}=={part['version']}" for part in json.loads(text)["components"]}
    assert listed == {re.sub(r"\[.*\]", "", pin) for pin, _ in pins(ROOT / "requirements.txt")}


MARKED = [path for folder in ("helpdesk", "wizards") for path in (ROOT / folder).rglob("*.py")]


def test_every_finding_that_is_passed_over_is_named_with_a_reason():
    marks = [(path.name, mark) for path in MARKED for mark in re.findall(r"#\s*nosec.*", path.read_text())]
    assert len(marks) > 10
    for name, mark in marks:
        assert re.fullmatch(r"# nosec B\d{3}(, B\d{3})*  # (noqa: S\d{3}  )?\w.*", mark), (name, mark)
