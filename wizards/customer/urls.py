"""URLs of the customer's pages.

A session's code is public and proves nothing: the visitor's cookie proves who owns the session.
"""

from __future__ import annotations

from django.urls import include, path

from .views import case, home, images, session, sharing

# /s/<code>/...
session_urls = [
    path("<int:number>/", session.step, name="step"),  # first: most requests are answers
    path("", session.resume, name="resume"),
    path("help/", session.help_page, name="help"),
    path("case/", case.case, name="case"),
    path("help/code/", sharing.create_code, name="offer"),
    path("help/end/", sharing.end_join, name="end_join"),
    path("device/", sharing.device, name="device"),
    path("<int:number>/back/", session.back, name="back"),
    path("<int:number>/restart/", session.restart, name="restart"),
    path("<int:number>/remark/", session.remark, name="remark"),
    path("<int:number>/feedback/", session.feedback, name="feedback"),
    path("<int:number>/steps/", session.all_steps, name="steps"),
    path("<int:number>/told/", session.answers_so_far, name="told"),
    path("<int:number>/news/", sharing.updates, name="news"),
]

urlpatterns = [
    path("s/<code:code>/", include(session_urls)),  # first: most requests are answers
    path("", home.home, name="home"),
    path("search/", home.search_page, name="search"),
    path("search/missed/", home.search_missed, name="missed"),
    path("contact/", home.contact, name="contact"),
    path("join/", sharing.join, name="join"),
    path("w/<slug:slug>/", home.product, name="product"),
    path("pictures/<slug:name>.webp", images.picture, name="picture"),
    path("begin/<slug:slug>/<slug:symptom>/", home.begin, name="begin"),
    path("case/<code:code>/", case.follow_up, name="follow_up"),
    path("s/<capitals:code>/", home.lowercase_redirect, {"url_name": "resume"}, name="resume_typed"),
    path("case/<capitals:code>/", home.lowercase_redirect, {"url_name": "follow_up"}, name="follow_up_typed"),
]
