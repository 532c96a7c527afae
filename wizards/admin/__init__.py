"""Editing in the Django admin: one module per thing that an editor opens."""

from django.contrib import admin

from . import deliveries, images, node, procedure, wizard

__all__ = ["deliveries", "images", "node", "procedure", "wizard"]

admin.site.site_header = "Help desk: editing"
admin.site.site_title = "Help desk"
admin.site.index_title = "What can be edited"
