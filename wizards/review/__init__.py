"""Review pages: read-only figures and lists of sessions for staff, and the queue of findings.

    urls -> views/<page>.py -> queries/<page>.py -> wizards.analytics.queries (sums over sessions)
                                                 -> the log (one session)

`filters` says which sessions a page is about. The stuck page: views/stuck.py renders it, queries/stuck.py joins, ranks
and rates its places, and their counts come from `place_figures` in wizards/analytics/queries.py.
"""
