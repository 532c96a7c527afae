"""Tallies of how sessions ended know months, too: those that are there are added up."""

from django.db import migrations, models
from django.db.models.functions import TruncMonth

KEYS = ("version_id", "channel")
NUMBERS = ("begun", "solved", "unsolved", "advice", "backs", "helps", "remarks", "helped", "not_helped")


def add_up(apps, schema_editor):
    """Write the months' rows: the sums of their days', of numbers and of the histograms, which are numbers as well."""
    table = apps.get_model("wizards", "DayTally")
    months = {}
    rows = table.objects.filter(span="day").annotate(first=TruncMonth("day"))
    for first, version, channel, *numbers, times in rows.values_list("first", *KEYS, *NUMBERS, "times").iterator():
        sums = months.setdefault((first, version, channel), [0] * (len(NUMBERS) + 1))
        more = (*numbers, int.from_bytes(times, "little"))
        months[first, version, channel] = [one + other for one, other in zip(sums, more, strict=True)]
    table.objects.bulk_create([row_of(table, *key, *sums) for key, sums in months.items()], batch_size=1000)


def row_of(table, first, version, channel, *sums):
    """Return the row of a month."""
    *numbers, lanes = sums
    times = lanes.to_bytes((lanes.bit_length() + 7) // 8, "little")
    figures = dict(zip(NUMBERS, numbers, strict=True))
    return table(span="month", day=first, version_id=version, channel=channel, times=times, **figures)


def forget(apps, schema_editor):
    """Take the months' rows out again."""
    apps.get_model("wizards", "DayTally").objects.filter(span="month").delete()


class Migration(migrations.Migration):
    dependencies = [("wizards", "0011_tallies_by_month")]

    operations = [
        migrations.RemoveConstraint(model_name="daytally", name="day_tally_once"),
        migrations.AddField(
            model_name="daytally",
            name="span",
            field=models.CharField(
                choices=[("day", "Day"), ("month", "Month")], db_default="day", default="day", max_length=5
            ),
        ),
        migrations.AddConstraint(
            model_name="daytally",
            constraint=models.UniqueConstraint(fields=("span", "day", "version", "channel"), name="day_tally_once"),
        ),
        migrations.RunPython(add_up, forget),
    ]
