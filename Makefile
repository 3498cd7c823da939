# make demo: set up, a first map within a minute, the studies; results/index.html grows meanwhile.
# make test: set up, run all checks and tests.   make docs: the documentation as a site.   make bench: time it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BENCH_VENV := .venv-bench
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test browser bundle attack setup lint docs oldest evaluate bench relax clean

demo: $(STAMP)
	$(BIN)/peakscape demo --out results --force

# A worker for each core; one that has nothing left takes tests of another. `pytest tests/maps` alone needs no workers.
test: $(STAMP) browser lint
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# The page is tested in Debian's chromium; installed where that may be done, else those tests are skipped and say so.
browser:
	@for one in chromium chromium-browser google-chrome; do command -v $$one >/dev/null && exit 0; done; { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  && { apt-get install -y -qq chromium || { apt-get update -qq && apt-get install -y -qq chromium; }; } >/dev/null 2>&1; } \
	  || echo "NO BROWSER: the page is not tested; install Debian's chromium (apt-get install chromium)" >&2

# The page's bundle, rebuilt: what is committed must be what comes out, byte for byte.
bundle:
	cd explorer-ui && npm ci --no-audit --no-fund && npm run build
	git diff --exit-code -- src/peakscape/explorer/static

# The campaign of docs/robustness.md: an hour on one core, goes on where it stopped.
attack: $(STAMP)
	PEAKSCAPE_ATTACK=1 $(BIN)/python -m pytest tests/feature_space/test_saved_changes.py
	$(BIN)/python -m tests.attack

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

setup: $(STAMP)

# The documentation as a site that works from disk: site/index.html. A warning is an error.
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "Open site/index.html in a browser."

# The oldest versions that pyproject.toml allows: an environment of their own, and the tests there.
oldest:
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-oldest/bin/uv pip compile --quiet --resolution lowest-direct --extra test pyproject.toml -o .venv-oldest/versions.txt
	.venv-oldest/bin/uv pip install --quiet --python .venv-oldest/bin/python -r .venv-oldest/versions.txt
	.venv-oldest/bin/uv pip install --quiet --python .venv-oldest/bin/python --no-deps --editable .
	.venv-oldest/bin/python -m pytest tests/spectra tests/signal tests/maps tests/preparation tests/feature_space

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
	rm -rf $(VENV) $(BENCH_VENV) .venv-oldest results site
