"""The customer's addresses. A session's code is public and proves nothing; the visitor's cookie does."""

from __future__ import annotations

from django.urls import include, path, register_converter

from .journal import CODE_ALPHABET, CODE_LENGTH
from .views import customer, entrance, pictures


class Code:
    """A session's code in an address."""

    regex = f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Code, "code")

# /s/<code>/...
session_urls = [
    path("", customer.resume, name="resume"),
    path("help/", customer.help_page, name="help"),
    path("<int:number>/", customer.step, name="step"),
    path("<int:number>/back/", customer.back, name="back"),
    path("<int:number>/restart/", customer.restart, name="restart"),
    path("<int:number>/remark/", customer.remark, name="remark"),
    path("<int:number>/feedback/", customer.feedback, name="feedback"),
    path("<int:number>/steps/", customer.steps, name="steps"),
    path("<int:number>/told/", customer.told, name="told"),
]

urlpatterns = [
    path("", entrance.home, name="home"),
    path("search/", entrance.find, name="search"),
    path("contact/", entrance.contact, name="contact"),
    path("w/<slug:slug>/", entrance.product, name="product"),
    path("pictures/<slug:name>.webp", pictures.picture, name="picture"),
    path("begin/<slug:slug>/<slug:symptom>/", entrance.begin, name="begin"),
    path("s/<code:code>/", include(session_urls)),
]
