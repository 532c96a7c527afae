"""A wizard in the admin: its symptoms and facts, its state, and the action that publishes it."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from .. import publishing
from ..models import Source, Symptom, Version, Wizard


class SymptomInline(admin.TabularInline):
    """The ways in, in order."""

    model = Symptom
    extra = 0
    fields = ("place", "key", "label", "words", "to", "sources")
    autocomplete_fields = ("to",)


class SourceInline(admin.TabularInline):
    """The facts that the wizard states."""

    model = Source
    extra = 0
    fields = ("place", "key", "fact", "open")


@admin.register(Wizard)
class WizardAdmin(admin.ModelAdmin):
    """A wizard: published as a whole, by the action above the list."""

    list_display = ("title", "slug", "current")
    list_select_related = ("current__wizard",)
    search_fields = ("title", "slug")
    inlines = (SymptomInline, SourceInline)
    actions = ("publish",)

    @admin.action(description="Publish the draft of the selected wizards", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Wizard]) -> None:
        """Publish each selected wizard; say which faults stop one."""
        for wizard in queryset:
            try:
                version, is_new = publishing.publish(wizard, author=request.user)  # type: ignore[arg-type]
            except publishing.NotPublishable as stopped:
                messages.error(request, f"{wizard}: {stopped}")
            else:
                messages.success(request, f"{version} is {'published' if is_new else 'unchanged'}.")


@admin.register(Version)
class VersionAdmin(admin.ModelAdmin):
    """What was published: to look at, not to change."""

    list_display = ("wizard", "number", "published_at", "author", "note", "content_hash")
    list_filter = ("wizard",)
    list_select_related = ("wizard", "author")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Version | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Version | None = None) -> bool:
        return False
