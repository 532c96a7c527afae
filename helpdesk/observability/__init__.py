"""Whether the site is well: logs, metrics, health pages."""
