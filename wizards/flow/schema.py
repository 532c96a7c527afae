"""The JSON Schema of a document, so that an editor completes and checks YAML while typing."""

from __future__ import annotations

import json

from .document import Document


def schema() -> str:
    """Return the JSON Schema (2020-12) of a wizard's file, as text."""
    made = Document.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Wizard"
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
