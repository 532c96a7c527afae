"""Make the product's tables, and publish the ring: `python -m tools.bench.answers.publish_ring [NODES ...]`.

A wizard for each number: `ring` for the first, `ring-1` and so on for the others; one of 60 nodes by default. Without
a draft, which no answer looks at.
"""

from __future__ import annotations

import sys


def main(sizes: list[int]) -> None:
    """Publish rings of these sizes."""
    import django

    django.setup()
    from django.core.management import call_command

    from tools.bench.answers import ring_wizard
    from wizards import flow
    from wizards.models import Version, Wizard

    call_command("migrate", verbosity=0)
    for place, size in enumerate(sizes):
        document = flow.Document.model_validate(ring_wizard.document(size, f"ring-{place}" if place else "ring"))
        wizard, _ = Wizard.objects.get_or_create(slug=document.slug, defaults={"title": document.title})
        wizard.current = Version.objects.create(
            wizard=wizard,
            number=wizard.versions.count() + 1,
            document=document.canonical(),
            content_hash=document.content_hash(),
            language=document.language,
        )
        wizard.save()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [60])
