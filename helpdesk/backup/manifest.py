"""What a backup says about itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError


class BackupError(Exception):
    """A backup cannot be made or restored. The message says why, and what to do."""


class Manifest(BaseModel):
    """What a backup holds.

    version:    of the product that made it
    made_at:    UTC time (ISO 8601) of the state that it holds
    server:     version of the database server
    file, bytes, sha256: the data file, beside the manifest
    migrations: every applied migration, "app.name"
    counts:     number of rows in each table
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal[1]
    version: str
    made_at: str
    engine: str
    server: str
    file: Literal["data.sqlite3", "data.dump"]
    bytes: int
    sha256: str
    migrations: list[str]
    counts: dict[str, int]


def parse(text: str) -> Manifest:
    """Return the manifest in `text`; raise BackupError where it is none."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise BackupError(f"manifest.json is damaged, or of another format ({faults}). Use another backup.") from error
