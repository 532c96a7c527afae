"""From a draft to a version: import, check, preview, publish, and the list of versions."""
