# Every target works in a fresh clone with nothing but make and Python 3.12 or newer.
# PYTHON=/path/to/python names another Python; ARGS="-k name" passes arguments on to pytest.

.DEFAULT_GOAL := help
.PHONY: help run test test-browser test-slow faults lint bench messages requirements clean install install-dev

PY := .venv/bin/python
ARGS ?=
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host pyproject.toml

define install
@for python in "$$PYTHON" python3.14 python3.13 python3.12 python3 python; do \
	[ -n "$$python" ] || continue; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break; \
	[ "$$python" != "$$PYTHON" ] || { echo "PYTHON is $$PYTHON, which is not Python 3.12 or newer." >&2; exit 1; }; \
	python=; \
done; \
[ -n "$$python" ] || { echo "Python 3.12 or newer was not found. Install it, or name it: make PYTHON=/path/to/python" >&2; exit 1; }; \
PYTHONPATH=. "$$python" -m retention_crm.embedded.install $(1)
endef

help:
	@echo "make run           run the product with its demo company; prints the address"
	@echo "make test          run the test suite, with the main path in a real browser"
	@echo "make test-browser  run the other tests in a real browser: every page's keys, drafts, lists, panels, languages"
	@echo "make test-slow     run the tests that take long: risk on large histories, whole installations"
	@echo "make faults        kill, starve and mislead the sender's processes and print what became of the mails (two hours; ARGS=--side-by-side=3: one)"
	@echo "make lint          check style, types, layers, templates, migrations and production settings"
	@echo "make bench         measure speed on a large company and print a table"
	@echo "make messages      bring the files of translations up to date with the texts, and say what is missing"
	@echo "make requirements  pin the newest allowed versions of all packages"
	@echo "make clean         remove the virtual environment and caches; the data in .data stay"

export PYTHON

install:
	$(call install,requirements.txt)

install-dev:
	$(call install,requirements-dev.txt)

run: install
	@exec $(PY) -m retention_crm.embedded run

# The many processes of the suite share what was compiled, also where the shell tells Python to keep nothing.
PYTEST := PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n logical --maxprocesses 8 --dist worksteal

test: install-dev
	@$(PYTEST) -m "not slow and (not browser or main_path)" $(ARGS)

test-browser: install-dev
	@$(PYTEST) -m "browser and not slow and not main_path" $(ARGS)

test-slow: install-dev
	@$(PYTEST) -m slow $(ARGS)

faults: install-dev
	@$(PY) -m faults $(ARGS)

bench: install-dev
	@$(PY) -m bench $(ARGS)

messages: install-dev
	@$(PY) -m translating

# The settings of an imaginary company in production, on servers lent for the moment.
PRODUCTION := RETENTION_MODE=production \
	SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))')" \
	SITE_URL=https://crm.example.com ALLOWED_HOSTS=crm.example.com \
	EMAIL_URL=smtp+tls://crm:password@mail.example.com:587 DEFAULT_FROM_EMAIL=crm@example.com \
	MAILBOX_DIR= $(PY) -m retention_crm.embedded lend

lint: install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(PRODUCTION) $(PY) -m mypy .
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PY) -m djlint --quiet --check templates
	$(PY) -m djlint --quiet --lint templates
	@$(PRODUCTION) $(PY) manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

requirements: install-dev
	$(PIP_COMPILE) --upgrade --output-file requirements.txt
	$(PIP_COMPILE) --upgrade --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
