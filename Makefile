PYTHON ?= python3
HOST ?= localhost
PORT ?= 8000
BIN = .venv/bin
TSC = $(BIN)/npm exec --yes --cache .venv/npm --package typescript@7.0.2 -- tsc

# One more than the cores, since some tests wait for time-outs.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
ONCE = --ignore tests/fuzz --ignore tests/benchmarks
USER_ROOMS = $(patsubst %,tests/%,admin ceremonies enrolment imports lifecycle management models receivers sessions signatures signup views)

FUZZ_EXAMPLES ?= 3600
FUZZ_SEED ?= $(shell date +%s)

SITES ?= $(patsubst tests/sites/requirements/%.txt,%,$(wildcard tests/sites/requirements/*.txt))
IMPORTS = $(patsubst tests/imports/packages/requirements/%.txt,.venv/imports/%,$(wildcard tests/imports/packages/requirements/*.txt))

.PHONY: run test test-all test-rest servers imports sites bench bench-peers bench-scale fuzz screenshots messages lint ruff mypy tsc audit docs format dist clean

run: .venv/example  ## serve the example project
	@$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py runserver $(HOST):$(PORT)

test: .venv/test  ## the suite in parallel, with a second user model where users matter, and one story in Chromium
	@rm -f .coverage .coverage.*
	$(PYTEST) -m "not browser" $(ONCE) $(COVERAGE)
	TEST_USER_MODEL=accounts.EmailUser $(PYTEST) -m "not browser" $(USER_ROOMS) -p tests.support.examples --examples 3 $(COVERAGE)
	$(BIN)/python -m pytest -m story tests/browser
	@echo "Left out, as it takes longer: coverage, the other browser tests, fuzz and benchmarks. \`make test-all\` runs them"
	@echo "too; \`.ci/run\` adds databases, the second user model in the other rooms, other versions and real neighbours."

test-all: export COVERAGE = --cov --cov-append --cov-report=
test-all: test  ## also what `make test` leaves out
	$(BIN)/python -m coverage report
	@$(MAKE) --no-print-directory test-rest

test-rest: .venv/test
	$(PYTEST) --dist loadfile -m "not story" tests/browser $(BROWSER)
	$(PYTEST) tests/fuzz
	$(BIN)/python -m pytest tests/benchmarks -p no:randomly

servers: .venv/test .venv/servers  ## real servers, whose database, cache, workers and provider fail (needs PostgreSQL and Redis)
	TEST_SERVERS=1 $(BIN)/python -m pytest tests/servers -p no:randomly -q

imports: .venv/test  ## who registered with another package's own views signs in here after passkeys_import
	@$(MAKE) --no-print-directory --jobs $(WORKERS) $(IMPORTS)
	TEST_IMPORTS=1 $(PYTEST) tests/imports/packages -q

sites: .venv/test  ## sites with other packages beside ours, each in an environment of its own; SITES=allauth runs one
	@$(MAKE) --no-print-directory --jobs $(WORKERS) --keep-going $(SITES:%=site-%)

.SECONDARY: $(SITES:%=.venv/sites/%)
site-%: .venv/sites/%
	@.ci/site $*

bench: .venv/test  ## print the figures of tests/benchmarks
	BENCH_ROUNDS=200 $(BIN)/python -m pytest tests/benchmarks -p no:randomly -q

bench-peers: .venv/peers  ## our login beside other packages' (TEST_DATABASE=postgresql: on PostgreSQL too)
	.venv/peers/bin/python -m tests.benchmarks.peers

bench-scale: .venv/test  ## fill PostgreSQL with a million users and print what takes longer then (SCALE_USERS=… fewer)
	$(BIN)/python -m tests.benchmarks.scale

fuzz: .venv/test .venv/fuzz  ## more than 100,000 requests; FUZZ_SEED=… (printed below) repeats a run
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest tests/fuzz -p no:randomly -p no:logging -q --show-capture=no --hypothesis-seed=$(FUZZ_SEED)

screenshots: .venv/test  ## every page in every look, before and after, on the sheet screenshots/index.html
	@mkdir -p screenshots
	$(BIN)/python -m pytest tests/browser/screenshots.py -p no:randomly -q

messages: .venv/example  ## bring the catalogues up to date with the texts, then compile them (needs gettext)
	cd passkeys_django && ../$(BIN)/python -m django makemessages --all --no-location --no-obsolete
	cd passkeys_django && ../$(BIN)/python -m django compilemessages

lint: ruff mypy tsc audit

ruff: .venv/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy: .venv/lint
	$(BIN)/mypy

tsc: .venv/lint  ## the script's types, as tsconfig.json says
	PATH="$(CURDIR)/$(BIN):$$PATH" $(TSC)

audit: .venv/lint
	$(BIN)/python .ci/audit.py

docs: .venv/docs  ## build the documentation into build/docs; a warning, or a link that leads nowhere, is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

format: .venv/lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dist: .venv/dist  ## sdist and wheel of the last commit, into dist/; each signs somebody in from an empty environment
	rm -rf dist
	.ci/build_dist dist
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python .ci/check_dist.py dist
	.ci/check_install dist/*

clean:
	rm -rf .venv build dist *.egg-info

# A stamp a set of extras: made anew when setup.cfg changes.
.venv/example .venv/test .venv/fuzz .venv/servers .venv/lint .venv/docs .venv/dist: setup.cfg | .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[$(@F)]"
	@touch $@

# Other packages have an environment of their own. Those that people come from have one each, without us.
.venv/peers: setup.cfg tests/benchmarks/peers/requirements.txt | .venv
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install -qq --disable-pip-version-check --editable . -r tests/benchmarks/peers/requirements.txt
	@touch $@

# A site's environment sees what .venv has behind what is its own, so that making one takes seconds. A site with a
# package.json has npm's packages, too: the newest, or those of package-lock.json. Node is in .venv/lint.
.SECONDEXPANSION:
.venv/sites/%: tests/sites/requirements/%.txt $$(wildcard tests/sites/$$*/package*.json) .venv/test | $$(if $$(wildcard tests/sites/$$*/package.json),.venv/lint)
	@rm -rf $@
	$(BIN)/python -m venv --without-pip $@
	@cd .venv && for folder in lib/python*/site-packages; do \
		echo "import site; site.addsitedir('$$PWD/$$folder')" >"sites/$*/$$folder/venv.pth"; \
	done
	$@/bin/python -m pip install -qq --disable-pip-version-check -r $<
	@test ! -e tests/sites/$*/package.json || { cp tests/sites/$*/package*.json $@ && PATH="$(CURDIR)/$(BIN):$$PATH" npm \
		$$(test -e $@/package-lock.json && echo ci || echo install --no-package-lock) \
		--prefix $@ --cache .venv/npm --ignore-scripts --no-audit --no-fund --silent; }
	@touch $@

.venv/imports/%: tests/imports/packages/requirements/%.txt | .venv
	$(BIN)/python -m venv $@
	$@/bin/python -m pip install -qq --disable-pip-version-check -r $<
	@touch $@

.venv:
	@command -v "$(PYTHON)" >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11 or newer, or set PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1): set PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "make: Python's venv module is missing: install it (Debian: apt install python3-venv)"; exit 1; }
	"$(PYTHON)" -m venv .venv
