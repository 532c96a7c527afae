"""Faults under load: what `make chaos` runs. See docs/chaos.md.

databases      one copied database for each run       sabotage   the site, whole or with one protection removed
site           gunicorn, whose workers are killed     connection one connection to it
visitors       walk through it and note each answer   load       many of them at once
verification   the log against those notes            faults     each fault, and its twin that must fail
"""
