"""The search for symptoms (`index`), and the log of what people searched for (`log`)."""

from .index import Hit, Index, SearchResult, search, stemmer_for, tokenize

__all__ = ["Hit", "Index", "SearchResult", "search", "stemmer_for", "tokenize"]
