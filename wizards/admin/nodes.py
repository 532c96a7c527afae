"""A node in the admin, with its choices or causes."""

from __future__ import annotations

from django.contrib import admin

from ..models import Cause, Choice, Node


class ChoiceInline(admin.TabularInline):
    """The choices of a question, in order."""

    model = Choice
    fk_name = "node"
    extra = 0
    fields = ("place", "key", "label", "reason", "to")
    autocomplete_fields = ("to",)


class CauseInline(admin.TabularInline):
    """The causes of a diagnosis."""

    model = Cause
    fk_name = "node"
    extra = 0
    fields = ("place", "key", "label", "reason", "weight", "minutes", "procedure", "worked", "failed", "sources")
    autocomplete_fields = ("procedure", "worked", "failed")


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin):
    """A node of any kind; the fields that its kind does not use stay empty."""

    list_display = ("title", "key", "kind", "wizard")
    list_filter = ("wizard", "kind")
    list_select_related = ("wizard",)
    search_fields = ("title", "key")
    autocomplete_fields = ("procedure", "worked", "failed", "blocked", "declined")
    inlines = (ChoiceInline, CauseInline)
