"""Count what older sessions' logs say, and give the reviewers their rights."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

COUNTED = {"backs": "back", "helps": "help", "remarks": "remark"}
RIGHTS = (
    "view_session",  # the review pages
    "view_words",  # what customers wrote
    "view_search",
    "view_finding",
    "add_finding",
    "change_finding",
    "view_disclosure",
)


def count_events(apps, schema_editor):
    session, event = apps.get_model("wizards", "Session"), apps.get_model("wizards", "Event")
    for field, kind in COUNTED.items():
        mine = event.objects.filter(session=OuterRef("pk"), kind=kind).order_by().values("session")
        counted = mine.annotate(n=Count("pk")).values("n")
        session.objects.update(**{field: Coalesce(Subquery(counted), 0)})


def set_rights(apps, schema_editor):
    """Give the reviewers their rights on sessions, searches and findings."""
    config = apps.get_app_config("wizards")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    reviewers, _ = group.objects.get_or_create(name="reviewers")
    rights = permission.objects.filter(content_type__app_label="wizards", codename__in=RIGHTS)
    reviewers.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [("wizards", "0006_review")]

    operations = [
        migrations.RunPython(count_events, migrations.RunPython.noop),
        migrations.RunPython(set_rights, migrations.RunPython.noop),
    ]
