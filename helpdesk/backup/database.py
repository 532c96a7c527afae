"""What the database holds now: its tables, their rows, its migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Tables whose rows `migrate` makes by itself, in an empty database too.
MADE_BY_MIGRATE = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    # A partition counts with its table; the tables of an extension are not ours.
    "postgresql": """
        SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relnamespace = current_schema()::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relname""",
}


def tables(cursor: Any) -> list[str]:
    """Return the names of all tables, in order."""
    cursor.execute(TABLES[connection.vendor])
    return [name for (name,) in cursor.fetchall()]


def counts(cursor: Any) -> dict[str, int]:
    """Return the number of rows in each table. Reads every table once."""
    rows = {}
    for table in tables(cursor):
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # nosec B608  # noqa: S608  quoted
        rows[table] = cursor.fetchone()[0]
    return rows


def existing_rows() -> dict[str, int]:
    """Return what a restore would destroy: the number of rows by model, without those that `migrate` makes."""
    names = {model._meta.db_table: str(model._meta.verbose_name_plural) for model in apps.get_models()}
    with connection.cursor() as cursor:
        rows = counts(cursor).items()
    return {names.get(table, table): count for table, count in rows if count and table not in MADE_BY_MIGRATE}


def is_ours() -> bool:
    """Return whether the database has this site's tables. A missing SQLite file is not created."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).is_file():
        return False
    return any(name.startswith("wizards.") for name in migrations())


def migrations() -> list[str]:
    """Return every applied migration, as "app.name"; none where nothing was ever migrated."""
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())


def unknown(applied: list[str]) -> list[str]:
    """Return the applied migrations that the installed version of the product does not have.

    Those of an app that is no longer installed do no harm, and are left out.
    """
    on_disk = MigrationLoader(None).disk_migrations
    known = {".".join(key) for key in (*on_disk, *(key for each in on_disk.values() for key in each.replaces))}
    installed = {config.label for config in apps.get_app_configs()}
    return [name for name in applied if name not in known and name.partition(".")[0] in installed]
