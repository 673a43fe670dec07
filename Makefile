# `make help` lists the targets. Everything is installed into .venv; nothing else on the machine is touched, but that
# `make test` installs Debian's Chromium if there is no browser.

PYTHON ?= python3
BIN := .venv/bin
ONCE ?=
# Test files that run side by side: each process has its own databases, Redis, development store and browser.
JOBS ?= 2

.PHONY: help demo test check run bench load soak screenshots pins texts clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/runtime  ## Set up and run the whole app on real orders; ONCE=1 stops after the comparison
	$(BIN)/regulars demo $(if $(ONCE),--once)

test: .venv/dev check  ## Set up and test everything, two files at a time; JOBS=0 one after the other
	tests/fetch_tools
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: .venv/dev  ## Lint, types and import rules, without running anything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

run: .venv/runtime  ## Run the app with the settings in .env: web, three workers, scheduler
	$(BIN)/regulars up

bench: .venv/dev  ## Print how fast it is, as ratios to plain baselines in the same run
	$(BIN)/python -m tests.benchmarks

soak: .venv/dev  ## Break everything while a store's history is played, then count; SEED=1 DELIVERIES=20000
	$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED)) $(if $(DELIVERIES),--deliveries $(DELIVERIES))

load: .venv/dev  ## Print answer times, backlog and memory under load, with a burst while the workers are stopped
	$(BIN)/python -m tests.load

screenshots: .venv/dev  ## Take pictures of every page into docs/images
	$(BIN)/python -m tests.screenshots

pins: ## Renew the exact versions from the ranges in pyproject.toml
	tests/renew_pins

texts: .venv/dev  ## Collect what pages say and renew the translations' files
	$(BIN)/python -m tests.collect_texts

clean:  ## Remove what the other targets made, but no data of `make run`
	rm -rf .venv .cache .data/demo

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Regulars needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: .venv/runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
