"""Types that several modules of the site share."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# What a middleware gets and returns.
GetResponse = Callable[[HttpRequest], HttpResponse]
