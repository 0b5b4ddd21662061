# make run    set everything up and run the papers' experiment: runs/quick
# make test   set everything up, hold the house's rules, run the tests
# make check  the quick half of it: format, lint, types, import contract
# make bench  time it beside what a user would write today; ONLY=kmeans one part, WHOLE=1 peers to their end
# make docs   write the pages that come from the program itself

PYTHON ?= python3
PIP = .venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test check bench docs clean

run: .venv/ready
	.venv/bin/nucleate run quick --out runs/quick

test: check
	.venv/bin/python -m pytest -n 2

check: .venv/ready-dev
	.venv/bin/ruff format --check src tests docs benchmarks
	.venv/bin/ruff check src tests docs benchmarks
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/ready-bench
	.venv/bin/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(WHOLE),--whole)

docs: .venv/ready
	.venv/bin/python docs/commands.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nucleate needs Python 3.11 or newer")'
	test -d .venv || $(PYTHON) -m venv .venv
	$(PIP) --editable .
	touch $@

.venv/ready-dev: .venv/ready
	$(PIP) --editable '.[dev]'
	touch $@

.venv/ready-bench: .venv/ready
	$(PIP) --editable '.[bench]'
	touch $@
