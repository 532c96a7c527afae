"""Whether the site is well: logs, metrics, health pages."""

# Dotted paths of functions that yield Prometheus metrics from the database. Apps add theirs in `AppConfig.ready`.
DATABASE_METRICS: list[str] = []
