"""The wizards' app."""

from django.apps import AppConfig

from helpdesk import observability


class WizardsConfig(AppConfig):
    """The troubleshooting wizards."""

    name = "wizards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the wizards' metrics."""
        observability.DATABASE_METRICS.append("wizards.analytics.metrics.collect")
