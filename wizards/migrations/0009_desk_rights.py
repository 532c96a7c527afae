"""Give the agents their rights at the desk, and make the group of those who lead them."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

AGENTS = ("view_call", "add_call", "change_call", "view_case", "change_case")
LEADS = (*AGENTS, "view_handling", "view_session", "view_words")  # view_handling: every session, not only one's own


def set_rights(apps, schema_editor):
    config = apps.get_app_config("wizards")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    rights = permission.objects.filter(content_type__app_label="wizards")
    for name, codenames in (("agents", AGENTS), ("leads", LEADS)):
        found, _ = group.objects.get_or_create(name=name)
        found.permissions.add(*rights.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("wizards", "0008_desk")]

    operations = [migrations.RunPython(set_rights, migrations.RunPython.noop)]
