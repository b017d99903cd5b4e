# `make help` lists the targets. `make run` and `make test` need only Python, Node.js and make.
# Everything that they install or write stays in this folder, under .venv and .local (and node_modules, where Node.js looks).

PYTHON ?= python3

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
PY := .venv/bin/python
TOOLS := .local/tools
SAM := $(TOOLS)/sam/bin/sam
TARGET ?= arm64
BASE ?= @{upstream}
STREAMS ?= 2000
FLOOD ?= 10000
HOSTILE ?= 500
PAYMENTS ?= 10000
REQUESTS ?= 20

# Skip this when sam calls this Makefile to build a package.
ifndef ARTIFACTS_DIR
# The interpreter behind `python3` (a shim or an active environment would move away); empty when it is absent or too old.
interpreter := $(shell $(PYTHON) -c 'import sys; sys.version_info >= (3, 11) and print(sys.executable, "%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
python_path := $(word 1,$(interpreter))
python_stamp := $(TOOLS)/python-$(word 2,$(interpreter))

ifeq ($(shell uv --version 2>/dev/null),)
UV := $(CURDIR)/$(TOOLS)/uv/bin/uv
uv_installed := $(UV)
export PATH := $(CURDIR)/$(TOOLS)/uv/bin:$(PATH)
else
UV := uv
endif

export UV_PYTHON := $(python_path)
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONPATH PYTHONHOME
endif

project := .venv/.ready
api_tools := $(TOOLS)/api/.ready
client_tools := $(TOOLS)/client/.ready
client_code := clients/python/src/iotcloud_client/generated/client.py
nodejs_device := simulators/devices/nodejs/node_modules/.ready
node := $(TOOLS)/node/.ready
webapp := webapp/node_modules/.ready
api_types := clients/typescript/src/schema.d.ts
# The app's tools need a newer Node.js than the one that is asked of the user.
NODE_VERSION := 24.21.0
with_node := PATH="$(CURDIR)/$(TOOLS)/node/node_modules/node/bin:$$PATH"
sam := $(TOOLS)/sam/.ready
cloud := $(project) $(sam) $(TOOLS)/emulator/.ready $(TOOLS)/functions/.ready

##@ Try it

run: $(cloud) app ## run the local cloud in the foreground with a demo device; Ctrl-C stops it and keeps its state
	@$(PY) -m simulators.cloud run

up: $(cloud) app ## run it in the background; run again to build and deploy changes
	@$(PY) -m simulators.cloud up

down: $(project) ## stop the local cloud of `make up`; its state is kept
	@$(PY) -m simulators.cloud down

logs: $(project) ## follow the functions' logs
	@$(PY) -m simulators.cloud logs

outbox: $(project) ## list the e-mails, text messages and pushes that were "sent": codes, notices
	@$(PY) -m simulators.cloud outbox

device: $(project) ## register and run another simulated device of the demo user (NAME="Barn unit")
	@$(PY) -m simulators.cloud device $(if $(NAME),--name "$(NAME)")

web: $(webapp) $(api_types) ## run the app with live reload, on the API of the running local cloud
	@cd webapp && IOTCLOUD_API_URL="$$(sed -n 's/^ *"api_url": "\(.*\)",/\1/p' ../.local/stack.json)" $(with_node) npx vite

providers: $(project) ## run stand-ins for Twilio, Vonage, Firebase and Apple on https://localhost:8700, with faults on request
	@$(PY) -m simulators.providers $(ARGS)

##@ Check it

test: check-static description client-check app-check covered streams e2e ## run everything: checks, tests with coverage, e2e tests on the local cloud

check: check-static description client-check app-check tests ## run the checks for each commit: one to two minutes

check-static: format-check lint types arrows commits

description: $(project) $(api_tools) ## the API's description as two kept tools see it (spectral, redocly): no error, no warning
	@$(TOOLS)/api/node_modules/.bin/spectral lint --quiet --fail-severity warn --ruleset tests/api_tools/spectral.yaml api/openapi.yaml > .local/spectral.log 2>&1 || { cat .local/spectral.log; exit 1; }
	@REDOCLY_TELEMETRY=off $(TOOLS)/api/node_modules/.bin/redocly lint --config tests/api_tools/redocly.yaml --format stylish api/openapi.yaml > .local/redocly.log 2>&1 || { cat .local/redocly.log; exit 1; }

client: $(client_tools) $(client_code) ## build the Python client and the command .local/tools/client/bin/iotcloud from the API's description

client-check: client ## check the Python client: types and tests
	@cd clients/python && ../../$(TOOLS)/client/bin/mypy --no-error-summary
	@cd clients/python && ../../$(TOOLS)/client/bin/python -m pytest -q

tests: $(project)
	@IOTCLOUD_CALLS=compare $(PY) -m pytest -q -n 2 --hypothesis-profile=check -m "not long" tests/unit tests/integration tests/contract

STREAM_TESTS := \
  tests/unit/readings/state/test_updater.py \
  tests/unit/readings/alerts/test_inactivity.py \
  tests/unit/readings/state/test_flood.py \
  tests/unit/devices/test_presence.py \
  tests/unit/adapters/test_unreliable_replies.py \
  tests/integration/functions/test_hostile_messages.py \
  tests/integration/test_hostile_requests.py \
  tests/integration/billing/test_in_any_order.py
# Files with random streams. `make streams` runs them, with many examples and without coverage, which doubles their time.

covered: $(project)
	@rm -f .coverage .coverage.*
	@$(PY) -m coverage run -m pytest -q -n 2 $(addprefix --ignore=,$(STREAM_TESTS)) tests/unit tests/integration tests/contract
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report

streams: $(project) ## run random streams, many readings and hostile messages against a simple model (STREAMS=2000)
	@IOTCLOUD_STREAMS=$(STREAMS) IOTCLOUD_FLOOD=$(FLOOD) IOTCLOUD_HOSTILE=$(HOSTILE) IOTCLOUD_REQUESTS=$(REQUESTS) IOTCLOUD_PAYMENTS=$(PAYMENTS) $(PY) -m pytest -q -n 2 $(STREAM_TESTS)

hostile: $(project) ## run 100,000 hostile messages and 10,000 streams: half an hour
	@$(MAKE) streams STREAMS=10000 FLOOD=20000 HOSTILE=17000 REQUESTS=100

app-check: $(webapp) $(api_types) ## check the app: format, lint, types and unit tests
	@cd webapp && $(with_node) npx biome check --error-on-warnings --reporter=summary . ../clients/typescript > ../.local/app-lint.log 2>&1 || { cat ../.local/app-lint.log; exit 1; }
	@cd webapp && $(with_node) npx tsc --noEmit
	@cd webapp && $(with_node) npx vitest run --reporter=dot

app-journeys: $(webapp) app ## people's journeys through the app in a browser, on the running local cloud; pictures in .local/screens
	@cd webapp && $(with_node) npx playwright test $(ARGS)

app-format: $(webapp) ## format the app's code
	@cd webapp && $(with_node) npx biome check --write --log-level=error . ../clients/typescript

format: $(project) ## format the code
	@$(PY) -m ruff format --quiet .
	@$(PY) -m ruff check --quiet --select I --fix .

format-check: $(project)
	@$(PY) -m ruff format --quiet --check . || { echo "the files above are not formatted: make format"; exit 1; }

lint: $(project) ## check style and safety (ruff)
	@$(PY) -m ruff check --quiet .

types: $(project) ## check types strictly (mypy)
	@$(PY) -m mypy --no-error-summary

arrows: $(project) ## check the import directions (import-linter)
	@.venv/bin/lint-imports --no-logo > .local/arrows.log 2>&1 || { cat .local/arrows.log; exit 1; }

commits: $(python_stamp) ## check the messages of commits since BASE (BASE=origin/main)
	@! git rev-parse --verify --quiet "$(BASE)^{commit}" > /dev/null 2>&1 || $(python_path) .githooks/commit-msg --range "$(BASE)..HEAD"

hooks: ## install the commit message hook and template in git
	@git config core.hooksPath .githooks && git config commit.template .gitmessage

unit: $(project) ## run the tests without I/O
	@$(PY) -m pytest -q tests/unit

integration: $(project) ## run the tests of stores and adapters against moto
	@$(PY) -m pytest -q -n 2 tests/integration

rights: $(project) ## write tests/recorded_calls.json from the tests' AWS calls (or add those of TESTS=tests/integration/x)
	@IOTCLOUD_CALLS=$(if $(TESTS),add,write) $(PY) -m pytest -q -n 2 --hypothesis-profile=check -m "not long" $(or $(TESTS),tests/unit tests/integration)

contract: $(project) ## compare files: routes, template, roles, topics
	@$(PY) -m pytest -q tests/contract

browser: $(webapp)
	@[ -n "$$IOTCLOUD_BROWSER" ] || [ -x /usr/bin/google-chrome ] || [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] || [ -n "$$(ls -d ~/.cache/ms-playwright/chromium-* 2> /dev/null)" ] \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get update -q > .local/browser.log 2>&1 && apt-get install -y -q chromium >> .local/browser.log 2>&1; } \
	  || { cd webapp && $(with_node) npx playwright install chromium >> ../.local/browser.log 2>&1; } \
	  || echo "the app's journeys need a browser: apt install chromium, or npx playwright install chromium"

e2e: browser $(cloud) $(nodejs_device) app ## run the e2e tests on their own local cloud (or IOTCLOUD_STACK=.local/stack.json)
	@$(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/e2e

bench: $(cloud) ## measure the figures of docs/benchmarks.md on the running local cloud (a part: .venv/bin/python -m tests.bench PART)
	@$(PY) -m tests.bench

##@ Ship it

openapi: $(project) ## write api/openapi.yaml, gateway.json and enumerations.json from routes, schemas and tables
	@$(PY) -m api.openapi

app: webapp/dist/index.html ## build the app into webapp/dist

build: $(project) $(sam) ## build the packages for AWS Lambda in .aws-sam/build
	@IOTCLOUD_TARGET=$(TARGET) SAM_CLI_TELEMETRY=0 $(SAM) build --parameter-overrides LambdaArchitecture=$(TARGET)

preflight: $(project) ## check your AWS account for what the template cannot set up (PARAMETERS, ARGS as for deploy)
	@$(PY) -m infrastructure.preflight $(ARGS) --parameters $(PARAMETERS)

deploy: $(if $(filter no,$(PREFLIGHT)),,preflight) build app ## deploy to AWS with your credentials (PARAMETERS="AlarmEmail=me@example.com" ARGS="--region eu-west-1")
	@SAM_CLI_TELEMETRY=0 $(SAM) deploy --parameter-overrides LambdaArchitecture=$(TARGET) \
	  $(if $(findstring IotEndpoint=,$(PARAMETERS)),,$$($(PY) -m infrastructure.iot_endpoint $(ARGS))) $(PARAMETERS) $(ARGS)
	@$(PY) -m infrastructure.app_files $(ARGS)

destroy: $(project) ## empty and remove a non-production stack (CONFIRM=its name; KEEP_DATA=1; ARGS as for deploy)
	@$(PY) -m infrastructure.destroy $(ARGS) --confirm "$(CONFIRM)" $(if $(KEEP_DATA),--keep-data)

admin: $(project) ## run administrators' commands on the local cloud, or on AWS (ARGS="--stack-name iotcloud import-devices devices.csv")
	@$(PY) -m admin $(ARGS)

firmware: $(project) ## publish, withdraw and list firmware (ARGS="publish modem.bin --model ft900 --version 0.2")
	@$(PY) -m admin.firmware $(ARGS)

clean: ## stop the local cloud and remove everything that make created, including its state
	@test ! -x $(PY) || $(PY) -m simulators.cloud down
	@rm -rf simulators/devices/nodejs/node_modules webapp/node_modules webapp/dist $(api_types) $(dir $(client_code)) .local .venv .aws-sam build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: web app browser app-check app-journeys app-format description client client-check
.PHONY: run up down logs outbox device providers test check check-static tests covered format format-check lint types arrows commits hooks unit
.PHONY: streams hostile integration rights contract e2e bench openapi build preflight deploy destroy admin firmware clean help

# sam calls these, one per resource of template.yaml with `BuildMethod: makefile`.
build-%:
	@$(PY) layers/build.py $* "$(ARTIFACTS_DIR)"

# Environments. Each holds a stamp as new as its last installation; another Python makes all of them anew.

$(python_stamp):
	@test -n "$(python_path)" || { \
	  echo "Python 3.11 or newer is needed, and \`$(PYTHON)\` is $$($(PYTHON) --version 2>/dev/null || echo absent)."; \
	  echo "  Debian, Ubuntu: apt install python3 python3-venv    macOS: brew install python"; \
	  echo "  or name one that you have: make PYTHON=/path/to/python3.13 ..."; exit 1; }
	@node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null || { \
	  echo "Node.js 20 or newer is needed, and \`node\` is $$(node --version 2>/dev/null || echo absent)."; \
	  echo "  Debian, Ubuntu: apt install nodejs npm    macOS: brew install node    others: nodejs.org"; exit 1; }
	@mkdir -p $(TOOLS) && rm -f $(TOOLS)/python-* && touch $@

$(CURDIR)/$(TOOLS)/uv/bin/uv: $(python_stamp) | simulators/cloud/requirements/uv.txt
	@echo "installing uv"
	@rm -rf $(TOOLS)/uv
	@$(PYTHON) -m venv $(TOOLS)/uv || { \
	  echo "\`$(PYTHON) -m venv\` does not work here. Debian, Ubuntu: apt install python3-venv"; exit 1; }
	@$(TOOLS)/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $|
	@touch $@

$(project): pyproject.toml uv.lock $(python_stamp) $(uv_installed)
	@echo "installing the project's packages (.venv)"
	@$(UV) sync --frozen --quiet
	@touch $@

$(TOOLS)/emulator/.ready $(TOOLS)/sam/.ready: $(TOOLS)/%/.ready: simulators/cloud/requirements/%.txt $(python_stamp) $(uv_installed)
	@echo "installing the tool '$*' ($(TOOLS)/$*)"
	@$(UV) venv --quiet --clear $(TOOLS)/$*
	@$(UV) pip install --quiet --python $(TOOLS)/$*/bin/python --require-hashes --requirement $<
	@touch $@

# The functions' interpreter in the local cloud: bare, so that what is not in a layer is missing here too.
$(TOOLS)/functions/.ready: $(python_stamp) $(uv_installed)
	@$(UV) venv --quiet --clear $(TOOLS)/functions
	@touch $@

$(client_tools): clients/python/pyproject.toml clients/python/uv.lock $(python_stamp) $(uv_installed)
	@echo "installing the Python client and its tools ($(TOOLS)/client)"
	@cd clients/python && UV_PROJECT_ENVIRONMENT=$(CURDIR)/$(TOOLS)/client $(UV) sync --frozen --quiet
	@touch $@

$(client_code): api/openapi.yaml $(client_tools)
	@$(TOOLS)/client/bin/openapi-python-client generate --path api/openapi.yaml --meta none --output-path $(dir $@) --overwrite > .local/client.log 2>&1 || { cat .local/client.log; exit 1; }
	@touch $@

$(api_tools): tests/api_tools/package.json tests/api_tools/package-lock.json $(python_stamp)
	@echo "installing the tools that look over the API's description ($(TOOLS)/api)"
	@rm -rf $(TOOLS)/api && mkdir -p $(TOOLS)/api && cp tests/api_tools/package.json tests/api_tools/package-lock.json $(TOOLS)/api
	@cd $(TOOLS)/api && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(nodejs_device): simulators/devices/nodejs/package.json simulators/devices/nodejs/package-lock.json $(python_stamp)
	@echo "installing the packages of the simulated device in Node.js"
	@cd $(dir $<) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(node): $(python_stamp)
	@echo "installing Node.js $(NODE_VERSION) for the app ($(TOOLS)/node)"
	@mkdir -p $(TOOLS)/node && cd $(TOOLS)/node && npm install --no-save --no-audit --no-fund --loglevel=error --prefix . node@$(NODE_VERSION) > /dev/null
	@test -x $(TOOLS)/node/node_modules/node/bin/node && touch $@

$(webapp): webapp/package.json webapp/package-lock.json $(node)
	@echo "installing the app's packages (webapp/node_modules)"
	@cd webapp && $(with_node) PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error > /dev/null
	@touch $@

$(api_types): api/openapi.yaml $(webapp)
	@cd webapp && $(with_node) npx openapi-typescript ../api/openapi.yaml --output ../$@ > /dev/null
	@touch $@

webapp/dist/index.html: $(webapp) $(api_types) webapp/index.html webapp/vite.config.ts $(shell find webapp/src webapp/public clients/typescript/src -type f 2>/dev/null)
	@cd webapp && $(with_node) npx vite build --logLevel warn
