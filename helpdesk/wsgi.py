"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from email.utils import quote
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from helpdesk.env import check_settings
from helpdesk.request_guard import INVALID_CONTENT_TYPE_KEY

APP_LOAD_ERROR = 4  # gunicorn's exit code for a worker that it should not start again

Environ = dict[str, Any]
WSGIApplication = Callable[[Environ, Any], Iterable[bytes]]


def sanitize_content_type(application: WSGIApplication) -> WSGIApplication:
    """Reduce the Content-Type to the media type and the boundary of its parts.

    Django decodes the query with whatever charset the header names, `hex` included, before any middleware runs; here
    text is UTF-8. A header that cannot be parsed is removed and marked for the request guard.
    """

    def handle(environ: Environ, start_response: Any) -> Iterable[bytes]:
        try:
            environ["CONTENT_TYPE"] = utf8_content_type(environ.get("CONTENT_TYPE", ""))
        except ValueError:
            environ["CONTENT_TYPE"] = ""
            environ[INVALID_CONTENT_TYPE_KEY] = True
        return application(environ, start_response)

    return handle


def utf8_content_type(header: str) -> str:
    """Return the header without parameters other than the boundary. Raises ValueError if it cannot be parsed."""
    media_type, parameters = parse_header_parameters(header)
    boundary = parameters.get("boundary")
    return media_type if boundary is None else f'{media_type}; boundary="{quote(boundary)}"'


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
check_settings(APP_LOAD_ERROR)
application = sanitize_content_type(get_wsgi_application())
