"""Fixtures for delivery tests: real receivers on this machine, and a site that may send to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.receivers import HOST, HookServer, MailServer, hook_server, mail_server
from tests.support.walking import SECRET


@pytest.fixture
def mail(settings) -> Iterator[MailServer]:
    """Run a mail server that the site sends to."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = HOST, server.port, 5
        settings.SUPPORT_CASES_TO, settings.MAIL_FROM = ["support@example.org"], "Help desk <desk@example.org>"
        yield server


@pytest.fixture
def hook(settings) -> Iterator[HookServer]:
    """Run an HTTP receiver that the site may send to; no support mail is sent."""
    settings.WEBHOOKS_HTTP_ALLOWED = settings.WEBHOOKS_PRIVATE_ALLOWED = True
    settings.SUPPORT_CASES_TO = []
    with hook_server(SECRET) as server:
        yield server
