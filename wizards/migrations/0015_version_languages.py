"""A version's row says the language of its document: the draft's may be another one by now."""

import json

from django.db import migrations, models


def read(apps, schema_editor):
    """Read the languages of the versions that are there from their documents."""
    table = apps.get_model("wizards", "Version")
    for pk, document in table.objects.values_list("pk", "document").iterator(100):
        table.objects.filter(pk=pk).update(language=language_of(document))


def language_of(document):
    """Return the language of a document; English, as the column says, of one that cannot be read."""
    try:
        return json.loads(document).get("language", "en")
    except ValueError:
        return "en"


class Migration(migrations.Migration):
    dependencies = [("wizards", "0014_tallies_by_rules")]

    operations = [
        migrations.AddField(
            model_name="version",
            name="language",
            field=models.CharField(db_default="en", default="en", help_text="Of the document.", max_length=20),
        ),
        migrations.RunPython(read, migrations.RunPython.noop),
    ]
