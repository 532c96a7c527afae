"""What people type into the search: what it finds (`index`), and what is kept of it (`log`)."""

from .index import Hit, Index, SearchResult, search, stemmer_of, words_of

__all__ = ["Hit", "Index", "SearchResult", "search", "stemmer_of", "words_of"]
