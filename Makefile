# `make` alone lists what can be done. Set-up happens by itself, the first time it is needed.

.DEFAULT_GOAL := help
# Set on the command line: some shells and build tools export a HOST of their own.
HOST := 127.0.0.1
PORT := 8000
ARGS :=
ROUNDS := 1
FRESH :=
QUIET :=
PY := .venv/bin/python
# Some images forbid Python to keep what it has compiled, and hundreds of processes would compile it again.
unexport PYTHONDONTWRITEBYTECODE
# One more than there are cores: much of what tests do is to wait.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((cores < 4 ? cores + 1 : 4)))
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help run demo audit test test-sqlite test-postgresql test-tools check lint types format screenshots benchmark faults

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: .venv/.installed ## Set up what is missing and serve VALIS (PORT=8000 HOST=127.0.0.1)
	@$(PY) manage.py serve --host "$(HOST)" --port "$(PORT)"

demo: .venv/.installed ## Serve a VALIS with chats and a past, scripted, on data of its own (FRESH=1 anew, QUIET=1 alone)
	@$(PY) -m valis_site.demo --host "$(HOST)" --port "$(PORT)" $(if $(FRESH),--fresh) $(if $(QUIET),--quiet)

test: test-sqlite test-postgresql ## Set up what tests need and run all of them

test-sqlite: .venv/.installed-dev test-tools ## The whole suite on SQLite (ARGS="-k name" picks)
	@$(PYTEST) -o cache_dir=.pytest_cache/sqlite $(ARGS)

test-postgresql: .venv/.installed-dev ## The tests that matter for both databases, on PostgreSQL
	@VALIS_TEST_DATABASE=postgres $(PYTEST) -o cache_dir=.pytest_cache/postgresql -m both_databases $(ARGS) \
		$(shell grep --recursive --files-with-matches --include="test_*.py" both_databases tests)

faults: .venv/.installed-dev test-tools ## Break everything there is to break, at random moments (ROUNDS=1)
	@VALIS_FAULT_ROUNDS=$(ROUNDS) $(PY) -m pytest -p no:randomly -m "fault or not fault" tests/faults $(ARGS)

check: lint types test ## Everything that has to hold before a change is handed in

lint: .venv/.installed-dev ## Style, format, layers and templates
	@scripts/lint.sh

audit: .venv/.installed-dev ## Look for known vulnerabilities in packages (ARGS=--required: fail if that is impossible)
	@$(PY) -m scripts.audit $(ARGS)

types: .venv/.installed-dev ## Types, strictly
	@$(PY) -m mypy

format: .venv/.installed-dev ## Put the code into its one format
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

screenshots: .venv/.installed-dev test-tools ## Take the pictures of README and docs anew
	@$(PY) -m scripts.make_pictures

benchmark: .venv/.installed-dev ## Measure streaming chats on this machine (ARGS="--streams 1 10")
	@$(PY) -m benchmarks.streaming $(ARGS)

test-tools:
	@scripts/install_test_tools.sh

.venv/.installed: requirements.txt constraints.txt
	@scripts/set_up.sh requirements.txt

.venv/.installed-dev: requirements-dev.txt requirements.txt constraints.txt
	@scripts/set_up.sh requirements-dev.txt
