"""The headers that tell browsers how to treat an answer."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

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
    """Tell browsers how to treat what they get, whoever answered: a view, a refusal, Django itself, a static file.

    A fragment is never a document: htmx fetches it into a page that came with these headers, which would weigh as much
    as the fragment itself. A view marks it by `response.is_fragment = True`. The cookie for forms is renewed by whole
    pages; a visitor without one still gets it. What a view said about its own page stays.
    """
    ready = {
        "Content-Security-Policy": content_policy(),
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "X-Content-Type-Options": "nosniff",
    }
    # A static file is light, and its own headers say enough.
    for_files = {name: ready[name] for name in ("Cross-Origin-Resource-Policy", "X-Content-Type-Options")}

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(response, "is_fragment", False):
            for name in DOCUMENT_HEADERS:
                response.headers.pop(name, None)
            if settings.CSRF_COOKIE_NAME in request.COOKIES:
                response.cookies.pop(settings.CSRF_COOKIE_NAME, None)
            return response
        is_file = request.path_info.startswith(settings.STATIC_URL) and response.status_code < 400
        for name, value in (for_files if is_file else ready).items():
            response.headers.setdefault(name, value)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", settings.STRICT_TRANSPORT)
        return response

    return handle


def content_policy(**changes: str) -> str:
    """Return the Content-Security-Policy, with changed sources for some directives: `frame_src="'self'"`."""
    policy = settings.CONTENT_SECURITY_POLICY | {name.replace("_", "-"): where for name, where in changes.items()}
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
