"""Addresses of the wizards: customers', the desk's, the review pages'."""

from __future__ import annotations

from django.urls import include, path

from . import converters  # noqa: F401  before the addresses that use them
from .customer.urls import urlpatterns as customer_urls

urlpatterns = [
    *customer_urls,  # first: most requests are customers'
    path("review/", include("wizards.review.urls")),
    path("desk/", include("wizards.desk.urls")),
]
