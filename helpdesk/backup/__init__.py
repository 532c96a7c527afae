"""Backups of the whole database, and putting them back: `manage.py backup`, `manage.py restore`.

A backup is a folder that only its owner may open, with two files: the data, and a manifest that says what they are.

    make(folder)            a backup of the database, consistent while the site goes on writing
    read(folder)            its manifest, once the data are what the manifest says
    put_back(folder, ...)   the database as it was then; whatever was in it goes, in one transaction

Pictures that editors upload stand in the database. SECRET_KEY and the rest of the settings do not: keep them apart.
"""

from .folder import create, read, restore
from .manifest import BackupError, Manifest
from .present import existing_rows

__all__ = ["BackupError", "Manifest", "create", "existing_rows", "read", "restore"]
