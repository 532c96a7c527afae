"""A backup's folder: it appears complete or not at all, and its data are checked against its manifest."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.db import connection

from . import database, postgres, sqlite
from .manifest import BackupError, Manifest, parse

MANIFEST = "manifest.json"
ENGINES: dict[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgres}


def create(folder: Path) -> Manifest:
    """Back the database up into a new folder, and return its manifest; raise BackupError.

    The folder gets its name once all of it is on disk, so half a backup is never taken for a whole one.
    """
    if folder.exists():
        raise BackupError(f"{folder} already exists. A backup is never overwritten: choose another name.")
    if not folder.parent.is_dir():
        raise BackupError(f"There is no folder {folder.parent}. Make it first, on a disk that the site does not use.")
    if not database.is_ours():
        raise BackupError("The database of DATABASE_URL has no tables of this site. Check DATABASE_URL.")
    unfinished = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    umask = os.umask(0o077)
    try:
        unfinished.mkdir(mode=0o700)
        manifest = _write(unfinished)
        unfinished.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {error}.") from error
    finally:
        os.umask(umask)
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup whose data match it; raise BackupError. Changes nothing."""
    try:
        manifest = parse((folder / MANIFEST).read_text(encoding="utf-8"))
        data = folder / manifest.file
        is_intact = data.stat().st_size == manifest.bytes and _hash(data) == manifest.sha256
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{folder} is not a backup, or not complete: {error}. Use another backup.") from error
    if not manifest.counts.get("django_migrations"):
        raise BackupError(f"{folder} holds no tables of this site: it is of another database. Use another backup.")
    if not is_intact:
        raise BackupError(f"{data} was changed or damaged: its SHA-256 is wrong. Use another backup.")
    return manifest


def restore(folder: Path, manifest: Manifest) -> None:
    """Replace the database with the backup; raise BackupError, with nothing changed, where that is impossible.

    Everything in the database is lost: call `existing_rows` first. The tables are those of the backup: migrate next.
    """
    if manifest.engine != connection.vendor:
        raise BackupError(f"This is a backup of {manifest.engine}, but DATABASE_URL names {connection.vendor}.")
    if newer := database.unknown(manifest.migrations):
        raise BackupError(f"A newer version of this site made the backup (it has {newer[0]}). Install that version.")
    ENGINES[manifest.engine].load(folder / manifest.file)
    with connection.cursor() as cursor:
        counts = database.counts(cursor)
    if counts != manifest.counts:
        tables = sorted(dict(counts.items() ^ manifest.counts.items()))
        raise BackupError(f"The restored rows are not those that the manifest counts, in: {', '.join(tables)}.")


def _write(folder: Path) -> Manifest:
    engine = ENGINES[connection.vendor]
    data = folder / engine.FILE
    made_at = datetime.now(UTC)
    counts = engine.dump(data)
    manifest = Manifest(
        format=1,
        version=tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"],
        made_at=made_at.isoformat(timespec="seconds"),
        engine=connection.vendor,
        server=engine.server(),
        file=engine.FILE,
        bytes=data.stat().st_size,
        sha256=_hash(data),
        migrations=database.migrations(),
        counts=counts,
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    for path in (data, folder / MANIFEST, folder):
        _sync(path)
    return manifest


def _hash(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
