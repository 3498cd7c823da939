# make demo: set up, run the main job, say where to look.   make test: set up, run all checks and tests.   make bench: time it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BENCH_VENV := .venv-bench
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test attack setup lint evaluate bench relax clean

demo: $(STAMP)
	$(BIN)/peakscape study alloy --out results/alloy --force
	$(BIN)/peakscape study nitride --out results/nitride --force

# A worker for each core; one that has nothing left takes tests of another. `pytest tests/maps` alone needs no workers.
test: $(STAMP) lint
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# The campaign of docs/robustness.md: an hour on one core, goes on where it stopped.
attack: $(STAMP)
	PEAKSCAPE_ATTACK=1 $(BIN)/python -m pytest tests/feature_space/test_saved_changes.py
	$(BIN)/python -m tests.attack

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(STAMP)

# The full evaluation: many splits, all methods; half an hour on two cores, goes on where it stopped.
evaluate: $(STAMP)
	$(BIN)/peakscape study alloy --out results/alloy --evaluate --force

# Every number of docs/performance.md, in one run of about ten minutes on two cores; the peers get their own environment.
bench: $(BENCH_VENV)/.ready
	$(BENCH_VENV)/bin/python -m benchmarks.run

$(BENCH_VENV)/.ready: pyproject.toml constraints.txt benchmarks/requirements.txt
	test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --requirement benchmarks/requirements.txt --editable .
	touch $@

# Renew the lock of tested versions only on purpose: constraints.txt is what `make test` ran with.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) $(BENCH_VENV) results
