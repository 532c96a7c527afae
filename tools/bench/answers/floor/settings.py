"""FLOOR's settings: connections that stay open, templates kept in memory, CSRF, and nothing else."""

import os
from pathlib import Path

import dj_database_url

SECRET_KEY = "floor" * 12
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"]) | {"CONN_MAX_AGE": None}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without these, eight connections would not get far: they are the product's.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
ROOT_URLCONF = "tools.bench.answers.floor.app"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent]}]
USE_TZ = True
# The product's gunicorn.conf.py reads these.
ACCESS_LOG, METRICS_TOKEN, LOG_FORMAT = False, "", "line"
LISTEN, PROCESSES = f"{os.environ['HOST']}:{os.environ['PORT']}", int(os.environ["WEB_CONCURRENCY"])
