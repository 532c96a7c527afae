"""The map of a draft: drawn, listed, and edited by its edges."""
