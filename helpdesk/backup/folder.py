"""A backup's folder: made whole or not at all, and believed only where its data are what it says."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.db import connection

from . import postgres, present, sqlite
from .manifest import BackupError, Manifest, parse

MANIFEST = "manifest.json"
ENGINES: dict[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgres}


def create(folder: Path) -> Manifest:
    """Write a backup of the database into a new folder, and return its manifest; raise BackupError.

    The folder appears under its name when everything in it is on the disk: half a backup is never taken for one.
    """
    if folder.exists():
        raise BackupError(f"{folder} is there already. A backup is never written over: choose another name.")
    if not folder.parent.is_dir():
        raise BackupError(f"There is no folder {folder.parent}. Make it first, on a disk that the site does not use.")
    if not present.is_ours():
        raise BackupError("The database of DATABASE_URL has no tables of this site. Check DATABASE_URL.")
    making = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    umask = os.umask(0o077)
    try:
        making.mkdir(mode=0o700)
        manifest = _write(making)
        making.rename(folder)
        _settle(folder.parent)
    except OSError as wrong:
        raise BackupError(f"The backup cannot be written: {wrong}.") from wrong
    finally:
        os.umask(umask)
        shutil.rmtree(making, ignore_errors=True)
    return manifest


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup whose data are what it says; raise BackupError. Changes nothing."""
    try:
        manifest = parse((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise BackupError(f"{folder} is no backup: its {MANIFEST} cannot be read ({wrong}).") from wrong
    if not manifest.counts.get("django_migrations"):
        raise BackupError(f"{folder} holds no tables of this site: another database was backed up. Use another backup.")
    data = folder / manifest.file
    try:
        same = data.stat().st_size == manifest.bytes and _hash(data) == manifest.sha256
    except OSError as wrong:
        raise BackupError(f"The backup is not whole: {wrong}. Use another one.") from wrong
    if not same:
        raise BackupError(f"{data} is not what was written: its SHA-256 is another one. Use another backup.")
    return manifest


def restore(folder: Path, manifest: Manifest) -> None:
    """Make the database what the backup holds; raise BackupError, with nothing changed, where that cannot be.

    Whatever is in the database goes: ask `held` first. The tables are those of the backup's own time: migrate then.
    """
    if manifest.engine != connection.vendor:
        raise BackupError(
            f"This is a backup of {manifest.engine}, and DATABASE_URL names a database of {connection.vendor}."
        )
    if newer := present.unknown(manifest.migrations):
        raise BackupError(
            f"A newer version of this site made the backup: it has {newer[0]}. Install that version to restore it."
        )
    ENGINES[manifest.engine].load(folder / manifest.file)
    if (found := present.counts()) != manifest.counts:
        odd = sorted(dict(found.items() ^ manifest.counts.items()))
        raise BackupError(f"What was put back is not what the manifest counts, in: {', '.join(odd)}.")


def _write(folder: Path) -> Manifest:
    engine = ENGINES[connection.vendor]
    data = folder / engine.FILE
    made_at = datetime.now(UTC)
    dump: Callable[[Path], dict[str, int]] = engine.dump
    counts = dump(data)
    manifest = Manifest(
        version=tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"],
        made_at=made_at.isoformat(timespec="seconds"),
        engine=connection.vendor,
        server=engine.server(),
        file=engine.FILE,
        bytes=data.stat().st_size,
        sha256=_hash(data),
        migrations=present.migrations(),
        counts=counts,
    )
    (folder / MANIFEST).write_text(manifest.text(), encoding="utf-8")
    for path in (data, folder / MANIFEST, folder):
        _settle(path)
    return manifest


def _hash(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _settle(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
