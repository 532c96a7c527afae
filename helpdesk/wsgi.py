"""What gunicorn serves."""

import codecs
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from helpdesk.middleware import UNREADABLE_TYPE

Environ = dict[str, Any]
WSGIApplication = Callable[[Environ, Any], Iterable[bytes]]


def readable_type(application: WSGIApplication) -> WSGIApplication:
    """Take away a Content-Type that Django would stumble over before its middleware runs, and leave a mark for it."""

    def handle(environ: Environ, start_response: Any) -> Iterable[bytes]:
        try:
            _kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
            codecs.lookup(parameters.get("charset", "utf-8"))
        except LookupError:
            pass  # Django itself ignores a charset that nobody knows
        except ValueError:
            environ["CONTENT_TYPE"] = ""
            environ[UNREADABLE_TYPE] = True
        return application(environ, start_response)

    return handle


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
application = readable_type(get_wsgi_application())
