# make run    set everything up and run the papers' experiment: runs/quick
# make test   set everything up, hold the house's rules, run the tests
# make check  format, lint, types, import contract
# make bench  speed and memory, as ratios against the plain way, in one run
# make docs   build the documentation

PYTHON ?= python3
PIP = .venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test check bench docs clean

run: .venv/ready
	.venv/bin/nucleate run quick --out runs/quick

test: check
	.venv/bin/python -m pytest

check: .venv/ready-dev
	.venv/bin/ruff format --check src tests docs benchmarks
	.venv/bin/ruff check src tests docs benchmarks
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/ready-dev
	.venv/bin/python -m benchmarks

docs: .venv/ready-dev
	$(PIP) --editable '.[docs]'
	.venv/bin/sphinx-build -W -q docs docs/_build

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache docs/_build

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nucleate needs Python 3.11 or newer")'
	test -d .venv || $(PYTHON) -m venv .venv
	$(PIP) --editable .
	touch $@

.venv/ready-dev: .venv/ready
	$(PIP) --editable '.[dev]'
	touch $@
