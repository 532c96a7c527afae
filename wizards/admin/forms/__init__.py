"""The editing forms: fields, inlines, widgets, live previews and optimistic locking."""
