"""The Django app of the site, which holds how staff sign in."""

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    """The site around the wizards."""

    name = "helpdesk"

    def ready(self) -> None:
        """Register the check of `check --deploy`."""
        from helpdesk import accounts  # noqa: F401  importing it registers the check
