"""Faults under load: what `make chaos` runs. See docs/chaos.md.

stores   the databases, each run with a copy of its own     served   the site, whole or sabotaged
site     gunicorn around it, whose workers are killed       line     a connection to it
people   who walk through it and note what they were told   crowd    many of them at once
judge    what the log says against those notes              faults   each fault, and its twin that must fail
"""
