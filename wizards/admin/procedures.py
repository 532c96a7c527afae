"""A procedure in the admin, with its steps."""

from __future__ import annotations

from django.contrib import admin

from ..models import Procedure, Step


class StepInline(admin.StackedInline):
    """The steps, in order."""

    model = Step
    extra = 0


@admin.register(Procedure)
class ProcedureAdmin(admin.ModelAdmin):
    """A procedure, which several nodes and wizards may use."""

    list_display = ("title", "key", "minutes")
    search_fields = ("title", "key")
    inlines = (StepInline,)
