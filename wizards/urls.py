"""The addresses of customers and reviewers.

A customer's session has a code, which is public and proves nothing; the visitor's cookie does.
"""

from __future__ import annotations

from django.urls import include, path, register_converter

from .models import CODE_ALPHABET, CODE_LENGTH
from .views import cases, customer, entrance, handoff, pictures
from .views.desk import call as desk_call
from .views.desk import cases as desk_cases
from .views.desk import hands as desk_hands
from .views.desk import home as desk_home
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


class Capitals:
    """A session's code as a person may type it, with capitals in it; the view gets it in small letters."""

    regex = f"(?=[^/]*[A-Z])[{CODE_ALPHABET}{CODE_ALPHABET.upper()}]{{{CODE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value.lower()

    def to_url(self, value: str) -> str:
        return value.upper()


register_converter(Code, "code")
register_converter(Capitals, "capitals")

# /s/<code>/...
session_urls = [
    path("<int:number>/", customer.step, name="step"),  # first: most requests are answers
    path("", customer.resume, name="resume"),
    path("help/", customer.help_page, name="help"),
    path("case/", cases.case, name="case"),
    path("help/code/", handoff.offer, name="offer"),
    path("help/end/", handoff.end, name="end_join"),
    path("device/", handoff.device, name="device"),
    path("<int:number>/back/", customer.back, name="back"),
    path("<int:number>/restart/", customer.restart, name="restart"),
    path("<int:number>/remark/", customer.remark, name="remark"),
    path("<int:number>/feedback/", customer.feedback, name="feedback"),
    path("<int:number>/steps/", customer.steps, name="steps"),
    path("<int:number>/told/", customer.told, name="told"),
    path("<int:number>/news/", handoff.news, name="news"),
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

# /desk/...: staff who take calls
desk_urls = [
    path("", desk_home.home, name="desk"),
    path("find/", desk_home.find, name="desk_find"),
    path("begin/", desk_home.begin, name="desk_begin"),
    path("join/", desk_home.join, name="desk_join"),
    path("cases/<int:pk>/", desk_cases.case, name="desk_case"),
    path("cases/<int:pk>/take/", desk_cases.take, name="desk_case_take"),
    path("cases/<int:pk>/close/", desk_cases.close, name="desk_case_close"),
    path("cases/<int:pk>/reopen/", desk_cases.reopen, name="desk_case_reopen"),
    path("<code:code>/", desk_call.call, name="desk_call"),
    path("<code:code>/note/", desk_call.note, name="desk_note"),
    path("<code:code>/case/", desk_cases.opened, name="desk_case_open"),
    path("<code:code>/aside/", desk_hands.aside, name="desk_aside"),
    path("<code:code>/resume/", desk_hands.resume, name="desk_resume"),
    path("<code:code>/pass/", desk_hands.pass_on, name="desk_pass"),
    path("<code:code>/take/", desk_hands.take, name="desk_take"),
    path("<code:code>/leave/", desk_hands.leave, name="desk_leave"),
    path("<code:code>/caller/", desk_hands.caller, name="desk_caller"),
    path("<code:code>/<int:number>/", desk_call.step, name="desk_step"),
    path("<code:code>/<int:number>/back/", desk_call.back, name="desk_back"),
    path("<code:code>/<int:number>/restart/", desk_call.restart, name="desk_restart"),
    path("<code:code>/<int:number>/news/", desk_call.news, name="desk_news"),
]

urlpatterns = [
    path("s/<code:code>/", include(session_urls)),  # first: most requests are answers
    path("", entrance.home, name="home"),
    path("search/", entrance.find, name="search"),
    path("search/missed/", entrance.missed, name="missed"),
    path("contact/", entrance.contact, name="contact"),
    path("join/", handoff.join, name="join"),
    path("w/<slug:slug>/", entrance.product, name="product"),
    path("pictures/<slug:name>.webp", pictures.picture, name="picture"),
    path("begin/<slug:slug>/<slug:symptom>/", entrance.begin, name="begin"),
    path("case/<code:code>/", cases.follow_up, name="follow_up"),
    path("s/<capitals:code>/", entrance.small_letters, {"to": "resume"}, name="resume_typed"),
    path("case/<capitals:code>/", entrance.small_letters, {"to": "follow_up"}, name="follow_up_typed"),
    path("review/", include(review_urls)),
    path("desk/", include(desk_urls)),
]
