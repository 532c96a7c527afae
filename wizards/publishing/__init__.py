"""Draft rows <-> document <-> version.

    rows --compile_draft---> Document --publish--> Version --document_of--> Document (cached)
    rows <-import_document-- Document <----------------------------------- an older version, or a file

`compiler` reads the rows, `importer` writes them, `versions` publishes the draft as an immutable version. `validation`
finds the faults of a draft, `impact` replays recent sessions over it, `images` stores its uploads, and `search_words`
adds words from the search log.
"""

from .compiler import InvalidDraftError, compile_draft, compile_drafts
from .importer import import_document
from .versions import (
    PREVIEW,
    NotPublishableError,
    create_preview,
    current_version,
    document_of,
    documents_of,
    draft_fingerprint,
    idle_previews,
    preview_versions,
    publish,
    published_versions,
    restorable_document,
    restore,
)

__all__ = [
    "PREVIEW",
    "InvalidDraftError",
    "NotPublishableError",
    "compile_draft",
    "compile_drafts",
    "create_preview",
    "current_version",
    "document_of",
    "documents_of",
    "draft_fingerprint",
    "idle_previews",
    "import_document",
    "preview_versions",
    "publish",
    "published_versions",
    "restorable_document",
    "restore",
]
