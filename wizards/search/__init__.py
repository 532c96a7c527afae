"""What people type into the search: what it finds (`index`), and what is kept of it (`log`)."""

from .index import Found, Hit, Index, find, stemmer_of, words_of

__all__ = ["Found", "Hit", "Index", "find", "stemmer_of", "words_of"]
