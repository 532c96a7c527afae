"""The database backend for PostgreSQL: Django's own, with fewer round trips and less planning."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base, operations

# Prepared statements per connection, and others that it remembers: more than the hand-written ones.
MAX_PREPARED = 16


class DatabaseOperations(operations.DatabaseOperations):
    """Reports the statement of a prepared cursor, too."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        return str(super().last_executed_query(cursor, sql, params) or sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend with two differences.

    Before it reuses a kept connection it queries the server only if the socket is readable. Django queries it each
    time, which costs a sixth of an answer. A server that closed the connection has sent something; one that vanished
    silently would not answer the query either.

    And it has cursors whose statements the server keeps prepared.
    """

    ops_class = DatabaseOperations

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        ready = select.poll()
        ready.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return not ready.poll(0) or super().is_usable()

    def get_connection_params(self) -> dict[str, Any]:
        """Prepare statements at their first use. The ORM's own cursors prepare nothing, whatever this says."""
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"prepare_threshold": 0}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Limit the statements that psycopg remembers: the ORM's are among them, with all their values."""
        new_connection = super().get_new_connection(conn_params)
        new_connection.prepared_max = MAX_PREPARED
        return new_connection

    def prepared_cursor(self) -> Any:
        """Return a cursor for constant statements, which the server plans once."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(base.ServerBindingCursor(self.connection))  # type: ignore[attr-defined, call-arg]
