"""Uploaded pictures in the admin: where each one is used. Only unused pictures can be deleted.

Pictures are uploaded with the steps that show them, and never change.
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
from .form_links import change_url, form_link

# The name of an upload, as quoted in the canonical JSON of a version.
QUOTED = re.compile(rf'"({UPLOADED}[0-9a-f]{{16}})"')


def picture_uses(names: Collection[str]) -> Counter[str]:
    """Count the steps of drafts and the versions that show each picture, in two queries.

    Previews are versions too: their pictures stay as long as they do.
    """
    uses = Counter(Step.objects.filter(picture__in=names).values_list("picture", flat=True))
    texts = Version.objects.filter(document__contains=f'"{UPLOADED}').values_list("document", flat=True)
    for text in texts.iterator(chunk_size=20):
        uses.update(set(QUOTED.findall(text)).intersection(names))
    return uses


class PictureList(ChangeList):
    """A change list whose pictures know how often they are used."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        used = picture_uses([picture.name for picture in self.result_list])
        for picture in self.result_list:
            picture.used = used[picture.name]


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    delete_confirmation_template = "admin/wizards/delete_confirmation.html"
    list_display = ("name", "thumbnail", "size", "uploaded_at", "uploaded_by", "used_in")
    list_display_links = ("name",)
    list_select_related = ("uploaded_by",)
    list_per_page = 50
    fields = ("name", "image", "size", "uploaded_at", "uploaded_by", "steps", "versions")

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
        """Allow deletion to whoever may upload; `get_deleted_objects` protects the pictures in use."""
        return request.user.has_perm("wizards.add_picture")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect pictures in use, in single and in bulk deletions."""
        deletable, counts, _, protected = super().get_deleted_objects(objs, request)
        return deletable, counts, set(), [*protected, *usage_lines(objs)]

    @admin.display(description="Preview")
    def thumbnail(self, picture: Picture) -> SafeString:
        return format_html('<img src="{}" alt="" width="80" loading="lazy">', picture.url)

    @admin.display(description="Preview")
    def image(self, picture: Picture) -> SafeString:
        """Show a picture at the size that steps use."""
        return format_html('<img src="{}" alt="" width="320">', picture.url)

    @admin.display(description="Pixels")
    def size(self, picture: Picture) -> str:
        return f"{picture.width} × {picture.height}"

    @admin.display(description="Used in")
    def used_in(self, picture: Any) -> str:
        return format_count(picture.used, "place") if picture.used else "nothing"

    @admin.display(description="Steps of drafts")
    def steps(self, picture: Picture) -> SafeString | str:
        rows = Step.objects.filter(picture=picture.name).select_related("procedure")
        links = [(change_url("procedure", step.procedure_id), step.procedure, step) for step in rows]
        return format_html_join(", ", '<a href="{}">{} › {}</a>', links) or "none"

    @admin.display(description="Versions")
    def versions(self, picture: Picture) -> str:
        return ", ".join(map(str, versions_with(picture))) or "none"


def versions_with(picture: Picture) -> QuerySet[Version]:
    """Return the versions that show a picture, previews included."""
    versions = Version.objects.filter(document__contains=f'"{picture.name}"')
    return versions.select_related("wizard").defer("document").order_by("wizard__title", "number")


def usage_lines(pictures: Iterable[Picture]) -> list[str]:
    """Return a line for each picture in use, with a link to its page."""
    pictures = list(pictures)
    used = picture_uses([picture.name for picture in pictures])
    line = '<a href="{}">{}</a> is used in {}'
    rows = [(form_link(each), each, format_count(used[each.name], "place")) for each in pictures if used[each.name]]
    return [format_html(line, *row) for row in rows]
