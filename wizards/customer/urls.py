"""Addresses of customers' pages.

A session's code is public and proves nothing; the visitor's cookie says whose the session is.
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
    path("help/code/", sharing.offer, name="offer"),
    path("help/end/", sharing.end, name="end_join"),
    path("device/", sharing.device, name="device"),
    path("<int:number>/back/", session.back, name="back"),
    path("<int:number>/restart/", session.restart, name="restart"),
    path("<int:number>/remark/", session.remark, name="remark"),
    path("<int:number>/feedback/", session.feedback, name="feedback"),
    path("<int:number>/steps/", session.steps, name="steps"),
    path("<int:number>/told/", session.told, name="told"),
    path("<int:number>/news/", sharing.news, name="news"),
]

urlpatterns = [
    path("s/<code:code>/", include(session_urls)),  # first: most requests are answers
    path("", home.home, name="home"),
    path("search/", home.find, name="search"),
    path("search/missed/", home.missed, name="missed"),
    path("contact/", home.contact, name="contact"),
    path("join/", sharing.join, name="join"),
    path("w/<slug:slug>/", home.product, name="product"),
    path("pictures/<slug:name>.webp", images.picture, name="picture"),
    path("begin/<slug:slug>/<slug:symptom>/", home.begin, name="begin"),
    path("case/<code:code>/", case.follow_up, name="follow_up"),
    path("s/<capitals:code>/", home.small_letters, {"to": "resume"}, name="resume_typed"),
    path("case/<capitals:code>/", home.small_letters, {"to": "follow_up"}, name="follow_up_typed"),
]
