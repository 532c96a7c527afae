"""URLs of the desk, under /desk/."""

from __future__ import annotations

from django.urls import path

from .views import call, call_actions, cases, home

urlpatterns = [
    path("", home.home, name="desk"),
    path("find/", home.find_symptoms, name="desk_find"),
    path("begin/", home.begin, name="desk_begin"),
    path("join/", home.join, name="desk_join"),
    path("cases/<int:pk>/", cases.case, name="desk_case"),
    path("cases/<int:pk>/take/", cases.take, name="desk_case_take"),
    path("cases/<int:pk>/close/", cases.close, name="desk_case_close"),
    path("cases/<int:pk>/reopen/", cases.reopen, name="desk_case_reopen"),
    path("<code:code>/", call.call, name="desk_call"),
    path("<code:code>/note/", call.note, name="desk_note"),
    path("<code:code>/case/", cases.open_case, name="desk_case_open"),
    path("<code:code>/aside/", call_actions.put_on_hold, name="desk_aside"),
    path("<code:code>/resume/", call_actions.resume, name="desk_resume"),
    path("<code:code>/pass/", call_actions.pass_on, name="desk_pass"),
    path("<code:code>/take/", call_actions.take, name="desk_take"),
    path("<code:code>/leave/", call_actions.leave, name="desk_leave"),
    path("<code:code>/caller/", call_actions.change_caller, name="desk_caller"),
    path("<code:code>/<int:number>/", call.step, name="desk_step"),
    path("<code:code>/<int:number>/back/", call.back, name="desk_back"),
    path("<code:code>/<int:number>/restart/", call.restart, name="desk_restart"),
    path("<code:code>/<int:number>/news/", call.updates, name="desk_news"),
]
