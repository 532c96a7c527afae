"""URLs of the review pages, under /review/: for staff with permission to view sessions."""

from __future__ import annotations

from django.urls import path

from .views import csv_export, findings, overview, searches, sessions, stuck, traffic_map

urlpatterns = [
    path("", overview.overview_page, name="review"),
    path("definitions/", overview.glossary_page, name="review_definitions"),
    path("stuck/", stuck.stuck_page, name="review_stuck"),
    path("stuck/words/", stuck.remarks_page, name="review_stuck_words"),
    path("map/", traffic_map.map_page, name="review_map"),
    path("map/traffic.json", traffic_map.map_data, name="review_map_data"),
    path("sessions/", sessions.session_list, name="review_sessions"),
    path("sessions/<code:code>/", sessions.session_detail, name="review_session"),
    path("sessions/<code:code>/<int:number>/", sessions.replay_page, name="review_page"),
    path("queue/", findings.finding_list, name="review_queue"),
    path("queue/new/", findings.take_up, name="review_take_up"),
    path("queue/<int:pk>/", findings.finding_detail, name="review_finding"),
    path("queue/<int:pk>/close/", findings.close, name="review_close"),
    path("queue/<int:pk>/reopen/", findings.reopen, name="review_reopen"),
    path("export/", csv_export.export_csv, name="review_export"),
    path("searches/", searches.search_log_page, name="review_searches"),
    path("searches/add/", searches.add_search_words, name="review_searches_add"),
]
