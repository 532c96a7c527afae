"""Editors may also upload pictures and look at versions; what customers said and did is none of their business."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

DRAFTS = ("wizard", "symptom", "source", "node", "choice", "cause", "procedure", "step", "wizardprocedure")
PICTURES = ("add_picture", "view_picture")


def set_rights(apps, schema_editor):
    """Give the editors exactly these rights on the wizards, and take those of editing from agents and reviewers."""
    config = apps.get_app_config("wizards")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    rights = permission.objects.filter(content_type__app_label="wizards")
    editing = rights.filter(content_type__model__in=(*DRAFTS, "picture"))
    editors, _ = group.objects.get_or_create(name="editors")
    editors.permissions.remove(*rights)
    editors.permissions.add(
        *rights.filter(content_type__model__in=DRAFTS),
        *rights.filter(codename__in=(*PICTURES, "view_version")),
    )
    for name in ("agents", "reviewers"):
        others, _ = group.objects.get_or_create(name=name)
        others.permissions.remove(*editing)


class Migration(migrations.Migration):
    dependencies = [("wizards", "0004_pictures")]

    operations = [migrations.RunPython(set_rights, migrations.RunPython.noop)]
