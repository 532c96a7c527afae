"""Draft rows <-> document <-> version.

    rows --compile_draft--> Document --publish--> Version --document_of--> Document (kept in memory)
    rows <-----load-------- Document <---------------------------------------- an older version, or a file

`compiling` reads the rows, `loading` writes them, `versions` freezes what they say.
"""

from .compiler import BadDraft, compile_draft, compile_drafts
from .importer import Outdated, load
from .versions import (
    PREVIEW,
    NotPublishable,
    current_version,
    document_of,
    documents_of,
    idle_previews,
    preview,
    previews,
    publish,
    published,
    restorable,
    restore,
    seen_mark,
)

__all__ = [
    "PREVIEW",
    "BadDraft",
    "NotPublishable",
    "Outdated",
    "compile_draft",
    "compile_drafts",
    "current_version",
    "document_of",
    "documents_of",
    "idle_previews",
    "load",
    "preview",
    "previews",
    "publish",
    "published",
    "restorable",
    "restore",
    "seen_mark",
]
