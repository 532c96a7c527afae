"""Tallies of places and ways know months, too: those that are there are added up."""

from itertools import groupby

from django.db import migrations, models
from django.db.models.functions import TruncMonth

SPANS = [("day", "Day"), ("month", "Month")]
KEYS = {"PlaceTally": ("whole", "node", "cause", "step"), "WayTally": ("node", "to")}
NUMBERS = {"PlaceTally": ("reached", "moved", "ended", "backs", "helps", "remarks"), "WayTally": ("sessions",)}


def add_up(apps, schema_editor):
    """Write the months' rows: the sums of their days', of numbers and of the histograms, which are numbers as well."""
    for name, numbers in NUMBERS.items():
        table = apps.get_model("wizards", name)
        keys = ("version_id", "channel", *KEYS[name])
        times = ("times",) if name == "PlaceTally" else ()
        days = table.objects.filter(span="day")
        for first in days.annotate(first=TruncMonth("day")).values_list("first", flat=True).distinct().order_by():
            of_month = days.filter(day__year=first.year, day__month=first.month).order_by(*keys)
            rows = of_month.values_list(*keys, *numbers, *times)
            table.objects.bulk_create(
                [row_of(table, first, keys, key, numbers, times, list(each)) for key, each in grouped(rows, len(keys))],
                batch_size=1000,
            )


def grouped(rows, size):
    """Yield (key, the rows' values after it)."""
    for key, each in groupby(rows, key=lambda row: row[:size]):
        yield key, [row[size:] for row in each]


def row_of(table, first, keys, key, numbers, times, rows):
    """Return the row of a month for these rows of its days."""
    sums = [sum(column) for column in zip(*(row[: len(numbers)] for row in rows), strict=True)]
    row = table(span="month", day=first, **dict(zip(keys, key, strict=True)), **dict(zip(numbers, sums, strict=True)))
    if times:
        lanes = sum(int.from_bytes(each[-1], "little") for each in rows)
        row.times = lanes.to_bytes((lanes.bit_length() + 7) // 8, "little")
    return row


def forget(apps, schema_editor):
    """Take the months' rows out again."""
    for name in NUMBERS:
        apps.get_model("wizards", name).objects.filter(span="month").delete()


class Migration(migrations.Migration):
    dependencies = [("wizards", "0010_deliveries_given_up")]

    operations = [
        migrations.RemoveConstraint(model_name="placetally", name="place_tally_once"),
        migrations.RemoveConstraint(model_name="waytally", name="way_tally_once"),
        migrations.AddField(
            model_name="placetally",
            name="span",
            field=models.CharField(choices=SPANS, db_default="day", default="day", max_length=5),
        ),
        migrations.AddField(
            model_name="waytally",
            name="span",
            field=models.CharField(choices=SPANS, db_default="day", default="day", max_length=5),
        ),
        migrations.AddConstraint(
            model_name="placetally",
            constraint=models.UniqueConstraint(
                fields=("span", "day", "version", "channel", "whole", "node", "cause", "step"), name="place_tally_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="waytally",
            constraint=models.UniqueConstraint(
                fields=("span", "day", "version", "channel", "node", "to"), name="way_tally_once"
            ),
        ),
        migrations.RunPython(add_up, forget),
    ]
