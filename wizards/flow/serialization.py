"""Reading and writing a document as YAML or JSON; each problem of a file is reported with its line.

Only a subset of YAML is read: no anchors, aliases, tags or duplicate keys; integers, true, false and null are the only
plain scalars that are not text, so `yes`, `on` and `12:30` stay strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

import yaml
from pydantic import ValidationError

from .document import LANGUAGE, Document
from .fault import Fault
from .faults import find_errors
from .fields import FACT_ID
from .kinds import KINDS

Format = Literal["yaml", "json"]
Path = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
# Far more than any wizard needs, and few enough to validate quickly.
MAX_VALUES = 50_000
MAX_KEYS = 50
MAX_PROBLEMS = 50
MAX_QUOTE = 80
# What a field must look like, by its pattern; most patterns are ids.
ID_RULE = "lower-case letters, digits and hyphens, at most 64 of them"
PATTERN_RULES = {
    FACT_ID: "letters, digits and hyphens, at most 32 of them",
    LANGUAGE: "a language's code, such as “en” or “en-GB”",
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
# Brackets outside JSON strings; a string matches as a whole, even if it is unterminated.
_BRACKETS = re.compile(r'[][{}]|"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a file: its line from 1 (0: unknown), its place in the document, what is wrong and how to fix it."""

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        line = f"line {self.line}: " if self.line else ""
        return f"{line}{self.where + ': ' if self.where else ''}{self.message}"


class InvalidFileError(Exception):
    """A file is not a valid document. `problems` lists what is wrong in the order of the file, at most MAX_PROBLEMS."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        by_line = sorted(problems, key=lambda problem: problem.line)
        omitted = len(by_line) - MAX_PROBLEMS
        summary = [Problem(0, "", f"And {omitted} more. Fix these first.")] if omitted > 0 else []
        self.problems = by_line[:MAX_PROBLEMS] + summary
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class Parsed:
    """A file's content as plain data, and the line on which each part starts."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of the part at `path`, or of the nearest part around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 0)

    def where(self, path: Path) -> str:
        """Return `path` as text, with the ids of the parts along it."""
        words, part = [], self.data
        for key in path:
            words.append(f"{key + 1}" if isinstance(key, int) else quotable(key))
            part = _child(part, key)
            if isinstance(key, int) and isinstance(part, dict) and isinstance(part.get("id"), str):
                words[-1] += f" ({quotable(part['id'])})"
        return " › ".join(words)


def parse_document(content: str | bytes, format_: Format = "yaml") -> Document:
    """Parse a document, whose graph may have errors; raise InvalidFileError with all problems of its form."""
    return _validated(_parse(content, format_))


def parse_valid_document(content: str | bytes, format_: Format = "yaml") -> Document:
    """Parse a document; raise InvalidFileError for problems of its form and for errors that `find_errors` finds."""
    source = _parse(content, format_)
    document = _validated(source)
    if errors := find_errors(document):
        raise InvalidFileError(_problem(source, fault) for fault in errors)
    return document


def dump_document(document: Document, format_: Format = "yaml") -> str:
    """Return the text of a file; parsing it gives the same document and hash."""
    if format_ == "json":
        return json.dumps(document.plain(), ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(document.plain(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _parse(content: str | bytes, format_: Format) -> Parsed:
    text = _decode(content)
    return _json_source(text) if format_ == "json" else _yaml_source(text)


def _problem(source: Parsed, fault: Fault) -> Problem:
    return Problem(source.line(fault.path), fault.where or source.where(fault.path), f"{fault.message} {fault.remedy}")


def quotable(text: str) -> str:
    """Shorten a text from a file and replace unprintable characters, so that a message can quote it."""
    short = text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…"
    return "".join(character if character.isprintable() else "\ufffd" for character in short)


def _child(part: Any, key: str | int) -> Any:
    if isinstance(part, dict):
        return part.get(key)
    return part[key] if isinstance(part, list) and isinstance(key, int) and key < len(part) else None


def _decode(content: str | bytes) -> str:
    if len(content) > MAX_BYTES:
        raise InvalidFileError(
            [Problem(0, "", f"The file is larger than {MAX_BYTES // 1000} kB. Split the wizard in two.")]
        )
    if isinstance(content, str):
        content = content.encode(errors="surrogatepass")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidFileError([Problem(line, "", "The file is not UTF-8 text. Save it as UTF-8.")]) from error


def _validated(source: Parsed) -> Document:
    if not isinstance(source.data, dict):
        raise InvalidFileError([Problem(1, "", "The file does not hold a wizard. It starts with “format: 1”.")])
    if oversized := list(_oversized(source)):
        raise InvalidFileError(oversized)
    try:
        return Document.model_validate(source.data)
    except ValidationError as invalid:
        raise InvalidFileError(_validation_problems(source, invalid)) from invalid


def _oversized(source: Parsed) -> Iterator[Problem]:
    """Yield a problem for each part that is larger than a wizard's part can be."""
    stack: list[tuple[Path, Any]] = [((), source.data)]
    count = 0
    while stack:
        path, part = stack.pop()
        children = list(part.items()) if isinstance(part, dict) else list(enumerate(part))
        count += len(children)
        if isinstance(part, dict) and len(children) > MAX_KEYS:
            message = f"This has {len(children)} fields. Nothing in a wizard has more than {MAX_KEYS}."
            yield Problem(source.line(path), source.where(path), message)
        elif count > MAX_VALUES:
            yield Problem(0, "", f"The file holds more than {MAX_VALUES:,} values. Split the wizard in two.")
            return
        else:
            stack += [((*path, key), value) for key, value in children if isinstance(value, dict | list)]


def validation_problems(data: Any, invalid: ValidationError) -> list[Problem]:
    return list(_validation_problems(Parsed(data), invalid))


def _validation_problems(source: Parsed, invalid: ValidationError) -> Iterator[Problem]:
    for error in invalid.errors(include_url=False, include_input=False):
        path = tuple(
            key
            for index, key in enumerate(error["loc"])
            if not (index == 2 and error["loc"][0] == "nodes" and key in KINDS)
        )
        yield Problem(
            source.line(path), source.where(path), _explain(error["type"], error["msg"], error.get("ctx", {}))
        )


def _explain(kind: str, message: str, context: dict[str, Any]) -> str:
    match kind:
        case "missing":
            return "This is missing. Add it."
        case "extra_forbidden":
            return "This is not a known field. Correct its name, or remove it."
        case "string_type":
            return "This must be text. Put it in quotes."
        case "string_pattern_mismatch":
            return f"This must be {PATTERN_RULES.get(context['pattern'], ID_RULE)}."
        case "string_too_long":
            return f"This is longer than {context['max_length']} characters. Shorten it."
        case "int_type" | "int_parsing":
            return "This must be a whole number, without quotes."
        case "tuple_type" | "list_type":
            return "This must be a list."
        case "union_tag_invalid" | "union_tag_not_found":
            return f"“kind” must be one of {', '.join(KINDS)}."
        case "value_error":
            return f"This {context['error']}."
    return f"{quotable(message)}."


def _json_source(text: str) -> Parsed:
    _check_depth(text)
    try:
        return Parsed(json.loads(text, object_pairs_hook=_unique_keys), _json_lines(text))
    except json.JSONDecodeError as error:
        raise InvalidFileError([Problem(error.lineno, "", f"This is not JSON: {quotable(error.msg)}.")]) from error
    except (RecursionError, ValueError) as error:
        raise InvalidFileError(
            [Problem(0, "", "This is nested too deeply, or holds a number that is too long.")]
        ) from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise InvalidFileError([Problem(0, "", f"A key appears twice in one place: {quotable(key)}.")])
        mapping[key] = value
    return mapping


def _check_depth(text: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, match.start()) + 1
            raise InvalidFileError([Problem(line, "", f"This is nested more than {MAX_DEPTH} deep.")])


def _json_lines(text: str) -> dict[Path, int]:
    """Return the lines of the parts as far as the YAML parser, which accepts nearly all JSON, can find them."""
    source = Parsed()
    with suppress(InvalidFileError, yaml.YAMLError, UnicodeError):
        _Builder(source).build(yaml.parse(text, Loader=_Loader))
    return source.lines


def _yaml_source(text: str) -> Parsed:
    source = Parsed()
    try:
        _Builder(source).build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"This is not YAML: {quotable(str(error.problem or error.context))}."
        raise InvalidFileError([Problem(mark.line + 1 if mark else 0, "", message)]) from error
    except yaml.YAMLError as error:
        raise InvalidFileError([Problem(0, "", "The file holds a character that YAML does not allow.")]) from error
    return source


class _Builder:
    """Builds plain data from YAML events without recursion, and records the line of each part."""

    def __init__(self, source: Parsed) -> None:
        self.source = source
        self.stack: list[tuple[Any, Path]] = []
        self.key: list[str | None] = []
        self.count = 0

    def build(self, events: Iterable[yaml.Event]) -> None:
        documents = 0
        for event in events:
            self._check_event(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fail(event, "A file holds one wizard; remove the second “---”.")
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._open_container(event, [] if isinstance(event, yaml.SequenceStartEvent) else {})
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                self.stack.pop()
                self.key.pop()

    def _check_event(self, event: yaml.Event) -> None:
        self.count += 1
        if self.count > 3 * MAX_VALUES:  # a value has up to three events: its key, its start, its end
            self._fail(event, f"The file holds more than {MAX_VALUES:,} values. Split the wizard in two.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._fail(event, "Anchors and aliases (& and *) are not allowed. Write the text out.")
        if getattr(event, "tag", None):
            self._fail(event, "Tags (!) are not allowed. Put the text in quotes.")

    def _fail(self, event: yaml.Event, message: str) -> NoReturn:
        raise InvalidFileError([Problem(_line(event), "", message)])

    def _open_container(self, event: yaml.Event, container: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._fail(event, f"This is nested more than {MAX_DEPTH} deep.")
        path = self._add(event, container)
        self.stack.append((container, path))
        self.key.append(None)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self.stack and isinstance(self.stack[-1][0], dict) and self.key[-1] is None:
            container, path = self.stack[-1]
            if event.value in container:
                self._fail(event, f"“{quotable(event.value)}” appears twice in the same place. Remove one.")
            self.key[-1] = event.value
            self.source.lines[(*path, event.value)] = _line(event)
        else:
            self._add(event, _value(event))

    def _add(self, event: yaml.Event, value: Any) -> Path:
        path: Path = ()
        if not self.stack:
            self.source.data = value
        else:
            container, parent = self.stack[-1]
            if isinstance(container, list):
                path = (*parent, len(container))
                container.append(value)
            else:
                key = self.key[-1]
                if key is None:
                    self._fail(event, "A key must be a plain word.")
                path = (*parent, str(key))
                container[key] = value
                self.key[-1] = None
        self.source.lines.setdefault(path, _line(event))
        return path


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _value(event: yaml.ScalarEvent) -> Any:
    if event.style or not event.implicit[0]:
        return event.value
    word = event.value.lower()
    if word in _CONSTANTS and event.value in (word, word.upper(), word.title()):
        return _CONSTANTS[word]
    return int(event.value) if _INTEGER.fullmatch(event.value) else event.value


class _Dumper(yaml.SafeDumper):
    """Writes multi-line texts as blocks, and lists indented under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
