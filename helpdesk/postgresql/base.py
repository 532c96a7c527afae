"""The database backend that the settings name for PostgreSQL: Django's own, with less asked and less planned."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base, operations

# How many statements a connection keeps prepared, and how many others it remembers: more than are written by hand.
PREPARED_AT_MOST = 16


class DatabaseOperations(operations.DatabaseOperations):
    """Knows the words of a prepared statement, too, where statements are written down."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Return what a cursor was asked last."""
        return str(super().last_executed_query(cursor, sql, params) or sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend, but for two things.

    It looks at a kept connection before it is used again, and asks the server only where something came from there.

    Django asks the server each time, which costs a sixth of an answer. A server that ended a connection has said so
    meanwhile: the socket can be read. One that vanished without a word would leave the question unanswered, too.

    And it has cursors whose statements the server keeps prepared.
    """

    ops_class = DatabaseOperations

    def is_usable(self) -> bool:
        """Return whether the connection can be used."""
        if self.connection is None or self.connection.closed:
            return False
        ready = select.poll()
        ready.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return not ready.poll(0) or super().is_usable()

    def get_connection_params(self) -> dict[str, Any]:
        """Return how to connect. The ORM's own cursors prepare nothing, whatever stands here."""
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"prepare_threshold": 0}  # at the first time

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection. psycopg remembers the ORM's statements, too, with all their values: only a few."""
        made = super().get_new_connection(conn_params)
        made.prepared_max = PREPARED_AT_MOST
        return made

    def prepared_cursor(self) -> Any:
        """Return a cursor for statements that are the same each time, so that the server plans them once."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(base.ServerBindingCursor(self.connection))  # type: ignore[attr-defined, call-arg]
