"""The roles of staff as groups: editors change drafts; agents and reviewers get their rights with their pages."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

DRAFTS = ("wizard", "symptom", "source", "node", "choice", "cause", "procedure", "step", "wizardprocedure")


def make_roles(apps, schema_editor):
    """Make the three groups, and give editors everything about drafts and a look at versions."""
    config = apps.get_app_config("wizards")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in ("editors", "agents", "reviewers"):
        group.objects.get_or_create(name=name)
    rights = permission.objects.filter(content_type__app_label="wizards")
    editors = group.objects.get(name="editors")
    editors.permissions.add(
        *rights.filter(content_type__model__in=DRAFTS), *rights.filter(codename="view_version")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("wizards", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
