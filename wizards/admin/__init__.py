"""Editing in the Django admin: one module for each thing that an editor opens."""

from . import nodes, procedures, wizards

__all__ = ["nodes", "procedures", "wizards"]
