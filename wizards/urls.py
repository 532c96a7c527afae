"""The addresses of customers and reviewers.

A customer's session has a code, which is public and proves nothing; the visitor's cookie does.
"""

from __future__ import annotations

from django.urls import include, path, register_converter

from .journal import CODE_ALPHABET, CODE_LENGTH
from .views import customer, entrance, pictures
from .views.review import export as review_export
from .views.review import overview
from .views.review import queue as review_queue
from .views.review import searches as review_searches
from .views.review import sessions as review_sessions
from .views.review import stuck as review_stuck
from .views.review import traffic as review_traffic


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

# /review/...: staff with the right to look at sessions
review_urls = [
    path("", overview.show, name="review"),
    path("definitions/", overview.definitions, name="review_definitions"),
    path("stuck/", review_stuck.stuck, name="review_stuck"),
    path("stuck/words/", review_stuck.words, name="review_stuck_words"),
    path("map/", review_traffic.map_page, name="review_map"),
    path("map/traffic.json", review_traffic.map_data, name="review_map_data"),
    path("sessions/", review_sessions.sessions, name="review_sessions"),
    path("sessions/<code:code>/", review_sessions.session, name="review_session"),
    path("sessions/<code:code>/<int:number>/", review_sessions.seen, name="review_page"),
    path("queue/", review_queue.listing, name="review_queue"),
    path("queue/new/", review_queue.take_up, name="review_take_up"),
    path("queue/<int:pk>/", review_queue.finding, name="review_finding"),
    path("queue/<int:pk>/close/", review_queue.close, name="review_close"),
    path("queue/<int:pk>/reopen/", review_queue.reopen, name="review_reopen"),
    path("export/", review_export.export, name="review_export"),
    path("searches/", review_searches.log, name="review_searches"),
    path("searches/add/", review_searches.add, name="review_searches_add"),
]

urlpatterns = [
    path("", entrance.home, name="home"),
    path("search/", entrance.find, name="search"),
    path("search/missed/", entrance.missed, name="missed"),
    path("contact/", entrance.contact, name="contact"),
    path("w/<slug:slug>/", entrance.product, name="product"),
    path("pictures/<slug:name>.webp", pictures.picture, name="picture"),
    path("begin/<slug:slug>/<slug:symptom>/", entrance.begin, name="begin"),
    path("s/<code:code>/", include(session_urls)),
    path("review/", include(review_urls)),
]
