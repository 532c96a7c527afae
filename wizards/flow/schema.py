"""The JSON Schema of a document: editors use it to complete and check YAML."""

from __future__ import annotations

import json

from .document import Document


def schema() -> str:
    """Return the JSON Schema (draft 2020-12) of a wizard's file, as text."""
    schema = Document.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Wizard"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
