# What people run. Needs Python 3.11 or newer, make and the package registry; everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INTO = build/$(1)/bin/python -m pip --disable-pip-version-check --quiet install
# What is run on other versions than those that are locked: no server but the shop itself.
ON_VERSIONS := tests/unit tests/contracts tests/acceptance/test_features_by_http.py
# As pip does with what it installs, unless the environment forbids it: every command starts in half the time.
COMPILE = $(BIN)/python -m compileall -q -j 0 .venv/lib src

.PHONY: demo test programs lint unit lowest newest fuzz bench bench-full replay pictures docs release clean

demo: .venv/.run  ## the whole shop at one address, with a catalogue and log-ins to try
	@$(BIN)/commerce demo

test: .venv/.dev  ## every check and test
	@$(MAKE) --no-print-directory -j 2 lint programs
	@$(BIN)/python -m pytest -n 2 --dist loadfile

programs: .venv/.dev  ## what some tests run and Go has to build
	@$(BIN)/python -m tests.go_programs

lint: .venv/.dev  ## style, structure, types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/pyright --warnings

unit: .venv/.dev  ## the tests that need no engine and no socket, in under a minute
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/unit tests/contracts

lowest:  ## the same and a shop at work, on the lowest versions that pyproject.toml allows (PYTHON: the oldest)
	@$(PYTHON) -m venv --clear build/lowest
	@$(call INTO,lowest) --require-hashes -r requirements/lowest.txt
	@$(call INTO,lowest) --no-deps .
	@build/lowest/bin/python -m pytest $(ON_VERSIONS)

newest:  ## the same on the newest, whatever is locked
	@$(PYTHON) -m venv --clear build/newest
	@$(call INTO,newest) --upgrade pip
	@$(call INTO,newest) ".[all]" --group test
	@build/newest/bin/python -m pip list --format freeze
	@build/newest/bin/python -m pytest $(ON_VERSIONS)

fuzz: .venv/.dev  ## 10,000 generated requests against a live shop
	@COMMERCE_FUZZ_CASES=10000 $(BIN)/python -m pytest tests/e2e/test_schemathesis.py

bench: .venv/.dev  ## figures, each beside its comparison
	@$(BIN)/python -m benchmarks

bench-full: .venv/.dev  ## a crowd on three servers and six processes, beside pgbench (ORDERS=2000 for fewer)
	@$(BIN)/python -m benchmarks.fullstack --orders $(or $(ORDERS),20000)

replay: .venv/.dev  ## a real shop's year, every order placed through HTTP (ORDERS=500 for its beginning)
	@$(BIN)/python -m benchmarks.replay $(if $(ORDERS),--orders $(ORDERS))

pictures: .venv/.dev  ## the pictures of the README, drawn anew from a demo by Chromium
	@$(BIN)/python -m tests.browser.pictures

docs: .venv/.dev  ## the documentation site in build/site, made without network
	@$(BIN)/python scripts/site/build.py

release: .venv/.dev  ## checks all, sets the version, builds, commits and tags; publishes nothing (VERSION=0.2.0)
	@$(BIN)/python scripts/release.py --check $(VERSION)
	@$(MAKE) --no-print-directory test
	@$(BIN)/python scripts/release.py $(VERSION)

clean:
	rm -rf .venv build dist

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Commerce Core needs Python 3.11 or newer, and $(PYTHON) is not. Name another one: make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "$(PYTHON) could not make an environment; on Debian and Ubuntu python3-venv is missing."; exit 1; }

.venv/.run: .venv/pyvenv.cfg requirements/run.txt pyproject.toml
	@echo "Preparing .venv, which takes some minutes the first time ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

.venv/.dev: .venv/.run requirements/dev.txt
	@echo "Adding what the checks and tests need ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(COMPILE)
	@touch $@
