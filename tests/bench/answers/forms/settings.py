"""The settings of django-formtools: connections that stay open, templates kept in memory, sessions, CSRF."""

import os
from pathlib import Path

import dj_database_url

SECRET_KEY = "forms" * 12
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"]) | {"CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.sessions", "django.forms", "formtools"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "tests.bench.answers.forms.app"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent]}]
USE_TZ = True
ACCESS_LOG, METRICS_TOKEN, LOG_FORMAT = False, "", "line"  # the product's gunicorn.conf.py reads them
