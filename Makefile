# translate_proxy: `make run` starts it, `make test` checks and tests everything.
#
#   make run [PORT=8000] [DATA_DIR=data]    the demo shop, its widget and the console
#   make check                              while working: lint, then all tests without a browser or a server of their own
#   make test                               lint, then every test
#   make faults [FAULTS='--cycles 10']      crashes, restarts, cut lines, in full length
#   make lint | bench | build | clean
#   make docs                               write the parts of docs/ that come from the code

PYTHON_RUN := .venv/.installed-run
PYTHON_DEV := .venv/.installed-dev
BIN := .venv/bin

WIDGET := translate_proxy/static/widget/widget.js
CONSOLE := translate_proxy/static/console/index.html
sources = $(shell find $(1) -name node_modules -prune -o -type f -print 2>/dev/null)

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: run check test lint lint-python lint-tree lint-pages test-pages pytest bench faults build docs front-ends \
	tools system-packages clean

run: tools $(PYTHON_RUN) front-ends
	@exec $(BIN)/python scripts/foreground.py $(BIN)/translate-proxy serve --demo \
		$(if $(PORT),--port "$(PORT)") $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

check: tools system-packages $(PYTHON_DEV) front-ends lint test-pages
	$(BIN)/pytest -m "not slow and not browser and not server" $(PYTEST)

test: tools system-packages $(PYTHON_DEV) front-ends lint test-pages pytest

pytest: $(PYTHON_DEV)
	$(BIN)/pytest $(PYTEST)

# -- set-up: made once, made again when what it is made from changes --------------------------

tools:
	@scripts/check-tools

system-packages:
	@scripts/system-packages

$(PYTHON_RUN): requirements.txt requirements-build.txt pyproject.toml
	@scripts/install-python run

$(PYTHON_DEV): requirements-dev.txt requirements-build.txt pyproject.toml
	@scripts/install-python dev

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	@echo "Installing Node requirements ($*)"
	@cd $* && npm ci --no-audit --no-fund --no-progress --loglevel error >/dev/null && mkdir -p node_modules && \
		touch node_modules/.package-lock.json

front-ends: $(WIDGET) $(CONSOLE)

$(WIDGET): widget_js/node_modules/.package-lock.json $(call sources,widget_js)
	@echo "Building the widget"
	@cd widget_js && npm run --silent build
	@touch $@

$(CONSOLE): console_js/node_modules/.package-lock.json $(call sources,console_js)
	@echo "Building the console"
	@cd console_js && npm run --silent build
	@touch $@

# -- checks ---------------------------------------------------------------------------------

lint: tools lint-tree lint-python lint-pages

lint-tree: $(PYTHON_DEV)
	$(BIN)/python scripts/check_tree.py

lint-python: $(PYTHON_DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-pages: widget_js/node_modules/.package-lock.json console_js/node_modules/.package-lock.json
	cd widget_js && npm run --silent lint
	cd console_js && npm run --silent lint

test-pages: widget_js/node_modules/.package-lock.json console_js/node_modules/.package-lock.json
	cd widget_js && npm test --silent
	cd console_js && npm test --silent

# -- the rest ---------------------------------------------------------------------------------

bench: $(PYTHON_DEV) front-ends
	@scripts/bench

faults: tools system-packages $(PYTHON_DEV) front-ends
	$(BIN)/python -m tests.faults.run $(FAULTS)

docs: $(PYTHON_DEV)
	$(BIN)/python -m scripts.docs

build: tools $(PYTHON_DEV) front-ends
	$(BIN)/python -m build --no-isolation

clean:
	rm -rf dist build .venv translate_proxy/static widget_js/node_modules console_js/node_modules
