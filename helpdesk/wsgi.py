"""What gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from email.utils import quote
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from helpdesk.env import check_settings
from helpdesk.request_guard import INVALID_CONTENT_TYPE_KEY

# With this code a worker tells gunicorn that another try would end alike.
NOT_LOADED = 4

Environ = dict[str, Any]
WSGIApplication = Callable[[Environ, Any], Iterable[bytes]]


def sanitize_content_type(application: WSGIApplication) -> WSGIApplication:
    """Pass on of a Content-Type only what is of use here: the kind, and the boundary between parts.

    Django decodes the query with whatever charset the header names, `hex` included, before any middleware runs. Text
    is UTF-8 here. A header that cannot be read is taken away, and leaves a mark for the middleware.
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
    """Return the header without parameters but for the boundary. Raises ValueError where it cannot be read."""
    kind, parameters = parse_header_parameters(header)
    boundary = parameters.get("boundary")
    return kind if boundary is None else f'{kind}; boundary="{quote(boundary)}"'


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
check_settings(NOT_LOADED)
application = sanitize_content_type(get_wsgi_application())
