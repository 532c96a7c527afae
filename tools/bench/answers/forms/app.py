"""The wizard; gunicorn serves `application`. Run as a module, it makes its tables."""

from __future__ import annotations

import os
from collections.abc import Callable

from django import forms
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone

from tools.bench.answers import ring_wizard

application = get_wsgi_application()

from formtools.wizard.views import SessionWizardView  # noqa: E402  it needs Django set up

FORMS = int(os.environ.get("FORMS", "10"))


class Event(models.Model):  # noqa: DJ008  nobody prints one
    """An answer: the same row that FLOOR writes."""

    visit = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    node = models.CharField(max_length=64)
    answer = models.CharField(max_length=64)

    class Meta:
        app_label = "forms"
        indexes = [models.Index(fields=["visit", "number"], name="event_of_visit")]


class Question(forms.Form):
    """One question of the ring."""

    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[(name, f"{label} {reason}") for name, (label, reason) in ring_wizard.CHOICES.items()],
    )


class Walk(SessionWizardView):
    """A walk through so many forms."""

    template_name = "page.html"

    def process_step(self, form: forms.Form) -> object:
        """Log the answer."""
        number = self.steps.step1
        Event.objects.create(
            visit=self.request.session.session_key or "",
            number=number,
            at=timezone.now(),
            node=ring_wizard.node(number),
            answer=form.cleaned_data["answer"],
        )
        return super().process_step(form)

    def get_context_data(self, form: forms.Form, **more: object) -> dict[str, object]:
        return super().get_context_data(form, title=ring_wizard.title(self.steps.step0), text=ring_wizard.TEXT, **more)

    def done(self, form_list: object, **more: object) -> HttpResponse:
        return HttpResponse("Done.")


def asked_after(number: int) -> Callable[[Walk], bool]:
    """Return a condition in the words of the documentation: a form is asked where the one before was answered so."""

    def condition(walk: Walk) -> bool:
        given = walk.get_cleaned_data_for_step(str(number - 1)) or {}
        return bool(given.get("answer", "steady") == "steady")

    return condition


FORM_LIST = [(str(number), Question) for number in range(FORMS)]
CONDITIONS = {str(number): asked_after(number) for number in range(1, FORMS)}

urlpatterns = [path("", Walk.as_view(FORM_LIST, condition_dict=CONDITIONS))]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Event)
