"""What a backup says about itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

FORMAT = 1


class BackupError(Exception):
    """A backup cannot be made or put back; the message says why, and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    format:     of the manifest; 1
    version:    of the product that made it
    made_at:    when the data were as they are in it, in UTC (ISO 8601)
    engine:     "sqlite" or "postgresql"
    server:     the version of the database that it was made from
    file, bytes, sha256: the data's file, beside the manifest
    migrations: every migration that was applied, "app.name"
    counts:     how many rows each table holds
    """

    version: str
    made_at: str
    engine: str
    server: str
    file: str
    bytes: int
    sha256: str
    migrations: list[str]
    counts: dict[str, int]
    format: int = FORMAT

    def text(self) -> str:
        """Return the manifest as its file holds it."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def parse(text: str) -> Manifest:
    """Return the manifest that a file holds; raise BackupError where it is none."""
    try:
        values: Any = json.loads(text)
    except ValueError as wrong:
        raise BackupError("manifest.json is not JSON: the backup is damaged. Use another one.") from wrong
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise BackupError(f"manifest.json does not say format {FORMAT}: another version of this site made the backup.")
    kinds = {"int": int, "str": str, "list[str]": list, "dict[str, int]": dict}
    wanted = {field.name: kinds[str(field.type)] for field in fields(Manifest)}
    wrong_fields = [name for name, kind in wanted.items() if not isinstance(values.get(name), kind)]
    if wrong_fields or set(values) != set(wanted):
        odd = sorted({*wrong_fields, *(set(values) - set(wanted))})
        raise BackupError(f"manifest.json is not as it was written: {', '.join(odd)}. Use another backup.")
    if values["file"] not in {"data.sqlite3", "data.dump"}:
        raise BackupError("manifest.json names a file that is no part of a backup. Use another backup.")
    return Manifest(**values)
