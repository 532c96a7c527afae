"""What the site costs, against what people would use instead: see docs/bench.md. `make bench` runs it all.

answers/   an answer: against the smallest Django app that does the same work, and against django-formtools
review/    the review pages: against the best single query over the raw log
databases  where the measured databases are stored
results    measurements as JSON lines and as a table
"""
