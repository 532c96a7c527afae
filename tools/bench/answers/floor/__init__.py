"""FLOOR: the smallest honest Django app that does the inherent work of an answer. What the product is measured against.

A session is found by its secret, an event is inserted, the position is updated with the ORM, in one transaction; a
fragment of 3 kB comes back, rendered by a template, with CSRF. No other middleware, and no wizard: the next page is
the next of a ring.
"""
