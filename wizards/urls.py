"""URLs of the wizards: the customer's, the desk's and the review pages'."""

from __future__ import annotations

from django.urls import include, path

from . import converters  # noqa: F401  registers the converters that the URLs use
from .customer.urls import urlpatterns as customer_urls

urlpatterns = [
    *customer_urls,  # first: most requests are customers'
    path("review/", include("wizards.review.urls")),
    path("desk/", include("wizards.desk.urls")),
]
