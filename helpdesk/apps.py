"""The app's name for Django: it holds how staff sign in."""

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    """The site around the wizards."""

    name = "helpdesk"

    def ready(self) -> None:
        """Let `check --deploy` know what to ask."""
        from helpdesk import accounts  # noqa: F401  its check is registered
