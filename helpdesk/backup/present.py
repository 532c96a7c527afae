"""What the database holds now: its tables, their rows, and what would be lost with them."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Rows that `migrate` makes by itself, in an empty database too.
MADE_BY_MIGRATE = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
)

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    # A partition counts with the table that it is part of; what an extension made is not ours.
    "postgresql": """
        SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relnamespace = current_schema()::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relname""",
}


def tables() -> list[str]:
    """Return the names of all tables, in order."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES[connection.vendor])
        return [name for (name,) in cursor.fetchall()]


def counts() -> dict[str, int]:
    """Return how many rows each table holds. Reads every table once."""
    with connection.cursor() as cursor:
        found = {}
        for table in tables():
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # nosec B608  # noqa: S608  quoted
            found[table] = int(cursor.fetchone()[0])
        return found


def existing_rows() -> dict[str, int]:
    """Return what would be lost with the database: how many rows of what, beyond what `migrate` makes by itself."""
    names = {model._meta.db_table: str(model._meta.verbose_name_plural) for model in apps.get_models()}
    rows = {table: count for table, count in counts().items() if count and table not in MADE_BY_MIGRATE}
    return {names.get(table, table): count for table, count in rows.items()}


def is_ours() -> bool:
    """Return whether the database has this site's tables. Where SQLite's file is missing, it is not made."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).is_file():
        return False
    return any(name.startswith("wizards.") for name in migrations())


def migrations() -> list[str]:
    """Return every migration that is applied, as "app.name"; none where nothing was ever migrated."""
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())


def unknown(applied: list[str]) -> list[str]:
    """Return those of the applied migrations that the installed version of the product does not have.

    What an app left behind that is not installed any more does no harm.
    """
    there = MigrationLoader(None).disk_migrations
    ours = {".".join(key) for key in there}
    ours |= {".".join(key) for each in there.values() for key in each.replaces}
    apps_here = {each.label for each in apps.get_app_configs()}
    return [name for name in applied if name not in ours and name.partition(".")[0] in apps_here]
