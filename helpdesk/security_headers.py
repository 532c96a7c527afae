"""The headers that tell browsers how to treat a response."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from helpdesk.types import GetResponse

# Headers that tell a browser how to treat a document.
DOCUMENT_HEADERS = (
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Frame-Options",
)


def security_headers_middleware(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django's middlewares leave out, whoever answered: a view, a refusal, Django itself.

    A fragment is never a document: htmx fetches it into a page that came with these headers, which would weigh as much
    as the fragment itself. A view marks it by `response.is_fragment = True`. The cookie for forms is renewed by whole
    pages; a visitor without one still gets it. What a view said about its own page stays.
    """
    policies = {
        "Content-Security-Policy": content_policy(),
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }
    security = SecurityMiddleware(get_response)

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(response, "is_fragment", False):
            for name in DOCUMENT_HEADERS:
                response.headers.pop(name, None)
            if settings.CSRF_COOKIE_NAME in request.COOKIES:
                response.cookies.pop(settings.CSRF_COOKIE_NAME, None)
            return response
        if "X-Content-Type-Options" not in response:  # SecurityMiddleware itself refused the request's host
            security.process_response(request, response)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if response.status_code >= 400 or not request.path_info.startswith(settings.STATIC_URL):
            for name, value in policies.items():
                response.headers.setdefault(name, value)
        return response

    return handle


def content_policy(**changes: str) -> str:
    """Return the Content-Security-Policy, with changed sources for some directives: `frame_src="'self'"`."""
    policy = settings.CONTENT_SECURITY_POLICY | {name.replace("_", "-"): where for name, where in changes.items()}
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
