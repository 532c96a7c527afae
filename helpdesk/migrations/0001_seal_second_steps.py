"""Seal the secrets of second steps that were kept as they were."""

from django.db import migrations

from helpdesk.accounts import encryption


def seal(apps, schema_editor):
    encryption.reencrypt(apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias))


def unseal(apps, schema_editor):
    for row in apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias):
        row.data |= {name: encryption.decrypt(row.data[name]) for name in encryption.SECRETS if name in row.data}
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    initial = True

    dependencies = [("mfa", "0003_authenticator_type_uniq")]

    operations = [migrations.RunPython(seal, unseal)]
