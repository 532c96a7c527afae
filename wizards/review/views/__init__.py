"""The reviewers' pages, one module each."""
