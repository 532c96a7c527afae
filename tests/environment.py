"""The settings that tests run with. pytest loads this first (see addopts in pyproject.toml), before Django's settings.

A developer's own var/env is not read, so that the tests say the same everywhere. DATABASE_URL is kept: it names the
database server on which the tests make their own, throw-away database.
"""

import os
import sys
import tempfile
from pathlib import Path

# Never opened: each test process makes a file of its own. The settings refuse a database in memory.
SQLITE = f"sqlite:///{Path(tempfile.gettempdir()) / 'helpdesk-tests-only.sqlite3'}"

# Bytecode is kept, whatever this machine says of it. Without it, each process that collects the tests compiles all of
# them anew: 12 s of the processor instead of 4.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

os.environ["ENV_FILE"] = ""
os.environ.setdefault("DATABASE_URL", SQLITE)
os.environ["SECRET_KEY"] = "only-for-tests-" + "0123456789abcdefghijklmnopqrstuvwxyz"
os.environ["SITE_URL"] = "http://127.0.0.1:8000"
os.environ["STATIC_PLAIN"] = "true"
os.environ["DEBUG"] = "false"
os.environ["LOG_LEVEL"] = "WARNING"
# All tests come from one address. What the real rates do is tested where they are set.
for name in ("BEGIN", "REMARK", "MISSED", "CASE", "OFFER"):
    os.environ[f"RATE_{name}"] = "100000 per hour"
# The browser fixtures run an event loop in the test's thread; Django's database calls there are still synchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
OURS = "EXTRA_HOSTS TRUSTED_PROXY CACHE_URL STAFF_MFA SUPPORT_PHONE SUPPORT_EMAIL SUPPORT_HOURS SUPPORT_CASES_TO"
OURS += " EMAIL_URL MAIL_FROM MAIL_WORDS WEBHOOKS_WORDS WEBHOOKS_HTTP_ALLOWED WEBHOOKS_PRIVATE_ALLOWED DELIVERY_SECONDS"
OURS += " METRICS_TOKEN LOG_FORMAT ACCESS_LOG"
for name in OURS.split():
    os.environ.pop(name, None)
