"""Read-only questions about sessions, for staff: one module for each page.

`filters` says which sessions a page is about. What many sessions add up to comes from `wizards.analytics`; what one
session did comes from its log.
"""
