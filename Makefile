# make demo: set up, run the main job, say where to look.   make test: set up, run all checks and tests.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test setup lint evaluate relax clean

demo: $(STAMP)
	$(BIN)/peakscape study alloy --out results/alloy --force

test: $(STAMP) lint
	$(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(STAMP)

# The full evaluation: many splits, all methods; half an hour on two cores, goes on where it stopped.
evaluate: $(STAMP)
	$(BIN)/peakscape study alloy --out results/alloy --evaluate --force

# Renew the lock of tested versions only on purpose: constraints.txt is what `make test` ran with.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) results
