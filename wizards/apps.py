"""The app's name for Django."""

from django.apps import AppConfig


class WizardsConfig(AppConfig):
    """The troubleshooting wizards."""

    name = "wizards"
    default_auto_field = "django.db.models.BigAutoField"
