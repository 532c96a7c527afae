"""Editing in the Django admin: one module for each thing that an editor opens."""

from django.contrib import admin

from . import deliveries, gallery, nodes, procedures, wizards

__all__ = ["deliveries", "gallery", "nodes", "procedures", "wizards"]

admin.site.site_header = "Help desk: editing"
admin.site.site_title = "Help desk"
admin.site.index_title = "What can be edited"
