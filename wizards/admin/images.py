"""The uploaded pictures in the admin: where each is used; one that nothing uses can be deleted.

Pictures come with the steps that show them, and never change: here one only looks at them, and tidies up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..models import Picture, Step, Version
from ..models.pictures import UPLOADED
from .draft_status import format_count
from .urls import change_url, form_link

# An upload's name as the canonical JSON of a version quotes it.
QUOTED = re.compile(rf'"({UPLOADED}[0-9a-f]{{16}})"')


def picture_uses(names: Collection[str]) -> Counter[str]:
    """Return how many steps of drafts, and versions, show each of these pictures, in two queries.

    Previews are versions, too: while one of them is walked its pictures stay.
    """
    found = Counter(Step.objects.filter(picture__in=names).values_list("picture", flat=True))
    texts = Version.objects.filter(document__contains=f'"{UPLOADED}').values_list("document", flat=True)
    for text in texts.iterator(chunk_size=20):
        found.update(set(QUOTED.findall(text)).intersection(names))
    return found


class PictureList(ChangeList):
    """The list of pictures, each with the number of places that use it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        used = picture_uses([picture.name for picture in self.result_list])
        for picture in self.result_list:
            picture.used = used[picture.name]


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    """The uploaded pictures: to look at, and to delete where nothing uses them."""

    delete_confirmation_template = "admin/wizards/delete_confirmation.html"
    list_display = ("name", "shown_small", "size", "uploaded_at", "uploaded_by", "used_in")
    list_display_links = ("name",)
    list_select_related = ("uploaded_by",)
    list_per_page = 50
    fields = ("name", "shown", "size", "uploaded_at", "uploaded_by", "steps", "versions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        return super().get_queryset(request).defer("content")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PictureList

    def get_readonly_fields(self, request: HttpRequest, obj: Picture | None = None) -> tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """Let those delete who may upload; what is in use is nobody's to delete (see `get_deleted_objects`)."""
        return request.user.has_perm("wizards.add_picture")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect the pictures that are in use, one by one or in bulk."""
        found, counts, _, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), [*protected, *in_use(objs)]

    @admin.display(description="Shown")
    def shown_small(self, picture: Picture) -> SafeString:
        """Show a picture small."""
        return format_html('<img src="{}" alt="" width="80" loading="lazy">', picture.url)

    @admin.display(description="Shown")
    def shown(self, picture: Picture) -> SafeString:
        """Show a picture as steps do."""
        return format_html('<img src="{}" alt="" width="320">', picture.url)

    @admin.display(description="Pixels")
    def size(self, picture: Picture) -> str:
        """Say how large a picture is."""
        return f"{picture.width} × {picture.height}"

    @admin.display(description="Used in")
    def used_in(self, picture: Any) -> str:
        """Say in how many steps and versions a picture is used."""
        return format_count(picture.used, "place") if picture.used else "nothing"

    @admin.display(description="Steps of drafts")
    def steps(self, picture: Picture) -> SafeString | str:
        """Name the steps of drafts that show a picture."""
        rows = Step.objects.filter(picture=picture.name).select_related("procedure")
        links = [(change_url("procedure", step.procedure_id), step.procedure, step) for step in rows]
        return format_html_join(", ", '<a href="{}">{} › {}</a>', links) or "none"

    @admin.display(description="Versions")
    def versions(self, picture: Picture) -> str:
        """Name the versions that show a picture."""
        return ", ".join(map(str, versions_with(picture))) or "none"


def versions_with(picture: Picture) -> QuerySet[Version]:
    """Return the versions, previews among them, that show a picture."""
    found = Version.objects.filter(document__contains=f'"{picture.name}"')
    return found.select_related("wizard").defer("document").order_by("wizard__title", "number")


def in_use(pictures: Iterable[Picture]) -> list[str]:
    """Return a line for each of the pictures that something uses, with a link to the page that says where."""
    pictures = list(pictures)
    used = picture_uses([picture.name for picture in pictures])
    line = '<a href="{}">{}</a> is used in {}'
    rows = [(form_link(each), each, format_count(used[each.name], "place")) for each in pictures if used[each.name]]
    return [format_html(line, *row) for row in rows]
