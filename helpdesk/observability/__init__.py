"""Logs, metrics and health checks."""

# Dotted paths of functions that yield Prometheus metrics from the database. Apps add theirs in `AppConfig.ready`.
DATABASE_METRICS: list[str] = []
