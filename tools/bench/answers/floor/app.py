"""FLOOR's models and views; gunicorn serves `application`. Run as a module, it makes its tables."""

from __future__ import annotations

import hashlib
import secrets

from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone

from tools.bench.answers import ring_wizard

application = get_wsgi_application()


class Visit(models.Model):  # noqa: DJ008  nobody prints one
    """A session: `secret` is the SHA-256 of what its cookie holds."""

    code = models.CharField(max_length=16, unique=True)
    secret = models.CharField(max_length=64)
    node = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=1)
    seen_at = models.DateTimeField()

    class Meta:
        app_label = "floor"


class Event(models.Model):  # noqa: DJ008
    """An answer."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    node = models.CharField(max_length=64)
    answer = models.CharField(max_length=64)

    class Meta:
        app_label = "floor"
        constraints = [models.UniqueConstraint(fields=["visit", "number"], name="event_once")]


def begin(request: HttpRequest, slug: str, symptom: str) -> HttpResponse:
    """Begin a session."""
    secret, code = secrets.token_urlsafe(32), secrets.token_hex(6)
    Visit.objects.create(code=code, secret=digest(secret), node=ring_wizard.node(0), seen_at=timezone.now())
    response = redirect(f"/s/{code}/1/")
    response.set_cookie("visitor", secret, httponly=True)
    return response


def step(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show the page at which a session stands; on POST, log the answer first and go on."""
    own = Visit.objects.filter(code=code, secret=digest(request.COOKIES.get("visitor", "")))
    if request.method == "POST":
        with transaction.atomic():
            visit = get_object_or_404(own.select_for_update(), count=number)
            now, given = timezone.now(), request.POST["answer"]
            Event.objects.create(visit=visit, number=number + 1, at=now, node=visit.node, answer=given)
            visit.node, visit.count, visit.seen_at = ring_wizard.node(number % ring_wizard.QUESTIONS), number + 1, now
            visit.save(update_fields=["node", "count", "seen_at"])
    else:
        visit = get_object_or_404(own)
    title = ring_wizard.title(int(visit.node.rpartition("-")[2]))
    response = render(
        request, "page.html", {"visit": visit, "title": title, "text": ring_wizard.TEXT, "choices": ring_wizard.CHOICES}
    )
    response["HX-Push-Url"] = f"/s/{code}/{visit.count}/"
    return response


def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the way in, with the cookie for forms."""
    return render(request, "page.html", {"title": "Begin"})


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


urlpatterns = [
    path("w/<slug:slug>/", product),
    path("begin/<slug:slug>/<slug:symptom>/", begin),
    path("s/<slug:code>/<int:number>/", step),
]

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Visit)
        editor.create_model(Event)
