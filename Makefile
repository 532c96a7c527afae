PYTHON ?= python3
PORT ?= 8000
VENV := .venv/bin/python
# Linters and type checks read the settings, but serve nobody.
CHECK_ENV := ENV_FILE= SECRET_KEY=for-checks-only-0123456789-abcdefghijklmnopqrstuvwxyz
# As many processes as there are processors; whoever is done first takes over from the others.
PYTEST := $(VENV) -m pytest -q -n auto --dist worksteal
SOURCES := helpdesk wizards tests tools manage.py gunicorn.conf.py

.PHONY: help run test quick unit fuzz browser bench scale kills chaos lint format types schema lock sbom assets screenshots clean python dev programs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: python ## install, prepare and serve on 127.0.0.1 (PORT=8000)
	@$(PYTHON) helpdesk/install.py requirements.txt
	@exec $(VENV) -m helpdesk.devserver --port "$(PORT)"

test: dev programs ## every test: on SQLite with a real Chromium, then on PostgreSQL what touches a database
	@$(PYTEST) $(ARGS); sqlite=$$?; $(VENV) -m tests.postgres $(PYTEST) $(ARGS); exit $$((sqlite | $$?))

quick: dev ## lint the changed files and run their tests (SINCE=HEAD~3)
	@$(VENV) -m tools.quick $(if $(SINCE),--since $(SINCE)) $(ARGS)

unit: dev ## the tests on SQLite, without a browser (ARGS="-k search" chooses)
	@$(PYTEST) -m "not browser" $(ARGS)

browser: dev programs ## the browser tests only (ARGS="-k countdown" chooses, HALVES=0.3 sends each page in two halves, 0.3 s apart)
	@$(PYTEST) -m browser $(ARGS)

fuzz: dev ## attack every view and every import (CASES=200000 IMPORTS=1000000 SEED=7)
	@$(VENV) -m tools.hostile --cases "$(or $(CASES),5000)" --imports "$(or $(IMPORTS),20000)" $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: dev ## measure answers and review pages on both databases (EVENTS=10000000 for a long log)
	@$(VENV) -m tools.bench --events "$(or $(EVENTS),300000)" $(ARGS)

scale: dev programs ## two web hosts behind nginx: killed, hanging, restarted with a migration (needs nginx and Redis)
	@$(VENV) -m pytest -q tests/scale $(ARGS)

kills: dev ## kill the worker that sends mails and webhooks 200 times (KILLS=200)
	@KILLS=$${KILLS:-200} $(VENV) -m pytest -q -s tests/support/test_kills.py $(ARGS)

chaos: dev ## faults under load, each with a sabotaged counterpart that must be caught (KILLS=500, ARGS="--only kills")
	@$(VENV) -m tools.chaos --kills "$(or $(KILLS),500)" $(ARGS)

# bandit prints a warning on stderr for most lines with a nosec. So only on failure is it run again to show everything.
BANDIT := $(VENV) -m bandit --quiet --recursive helpdesk wizards manage.py gunicorn.conf.py

lint: dev types ## ruff, djlint, mypy, import contracts, bandit
	@$(VENV) -m ruff check $(SOURCES)
	@$(VENV) -m ruff format --check $(SOURCES)
	@$(VENV) -m djlint --check --lint --quiet templates
	@$(dir $(VENV))lint-imports --no-logo --no-cache
	@$(BANDIT) 2>/dev/null || $(BANDIT)

format: dev ## format Python and templates
	@$(VENV) -m ruff check --fix-only $(SOURCES)
	@$(VENV) -m ruff format $(SOURCES)
	@$(VENV) -m djlint --reformat --quiet templates || true

types: dev ## mypy with django-stubs
	@$(CHECK_ENV) $(VENV) -m mypy

schema: dev ## write docs/wizard.schema.json from the document's types
	@$(CHECK_ENV) $(VENV) manage.py write_schema

# uv resolves for every system at once (--universal). The files name no host, so that any index serves them; what an
# index sends is held against the hashes.
LOCK := $(VENV) -m uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url
lock: dev ## pin the newest allowed versions: requirements*.in -> requirements*.txt
	@for each in requirements requirements-dev requirements-postgres requirements-uv; do $(LOCK) $$each.in --output-file $$each.txt || exit 1; done

sbom: dev ## list what the site is made of: var/sbom.json (CycloneDX)
	@mkdir -p -m 700 var
	@$(VENV) -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible -o var/sbom.json requirements.txt

assets: ## build static/site.*, staff.* and vendor/ from assets/ (needs npm; the result is checked in)
	@cd assets && npm ci --no-audit --no-fund && npm run build

SHOTS := docs/screenshots home-390-light question-390-light countdown-390-light solved-390-dark
SHOTS += $(addsuffix -1280-light,$(addprefix editing-,wizard node publish versions map) $(addprefix review-,overview stuck map sessions session searches))
screenshots: dev ## retake the pictures in docs/screenshots (SHOTS="/tmp/pages": every page)
	@$(VENV) -m tests.browser.screenshots $(SHOTS)

clean: ## delete .venv and caches; var/ with its data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis assets/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer (or name it: PYTHON=/path/to/python3)." >&2; exit 1; }

dev: python
	@$(PYTHON) helpdesk/install.py requirements-dev.txt

programs: dev
	@$(VENV) -m tests.programs
