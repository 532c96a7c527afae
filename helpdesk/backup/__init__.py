"""Backups of the whole database: `manage.py backup` makes one, `manage.py restore` puts it back.

A backup is a folder that only its owner may open. It holds the data, and a manifest that describes them.

    create(folder)            back the database up, consistently, while the site keeps writing
    read(folder)              check the data against the manifest, and return the manifest
    restore(folder, manifest) replace the whole database, in one transaction

Pictures that editors upload are in the database. SECRET_KEY and the other settings are not: keep them elsewhere.
"""

from .database import existing_rows
from .folder import create, read, restore
from .manifest import BackupError, Manifest

__all__ = ["BackupError", "Manifest", "create", "existing_rows", "read", "restore"]
