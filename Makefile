# `make` lists the targets. The work is done by tools/*.sh.

# Interpreter for .venv; empty = the first of python3.13, python3.12, python3.11 and python3 that is
# 3.11 or newer and can make virtual environments.
PYTHON ?=
# Where `make devserver` listens, on 127.0.0.1.
PORT ?= 5000
# Arguments for pytest, for instance TESTARGS='-k locks -x'.
TESTARGS ?=
# For `make sample`: how often, such as 15m; empty = once.
EVERY ?=

# For `make soak`: how long, and how many at once.
SECONDS ?= 600
CLIENTS ?= 32

export PYTHON PORT
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z._-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: devserver
devserver: ## start the service in the background with DummyStorage, or with what SAPI_BACKENDS says
	@tools/venv.sh
	@tools/devserver.sh start

.PHONY: netapp-demo
netapp-demo: ## start the service in the background, in front of a simulated NetApp filer
	@tools/venv.sh dev
	@tools/netapp-demo.sh start

.PHONY: stop
stop: ## end what `make devserver` or `make netapp-demo` started
	@tools/devserver.sh stop
	@tools/netapp-demo.sh stop

.PHONY: test
test: ## run the tests; TESTARGS='-k locks -x' goes to pytest
	@tools/venv.sh dev
	@tools/test.sh $(TESTARGS)

.PHONY: lint
lint: ## check style, types, layers, shell scripts and what got installed
	@tools/venv.sh dev
	@tools/lint.sh

.PHONY: bench
bench: ## measure: runs benchmarks/
	@tools/venv.sh dev
	@.venv/bin/python -m benchmarks

.PHONY: soak
soak: ## load two replicas, one back-end hanging for a third; SECONDS=600 CLIENTS=32; not in `make test`
	@tools/venv.sh dev
	@SECONDS=$(SECONDS) CLIENTS=$(CLIENTS) .venv/bin/python -m benchmarks.soak

.PHONY: run
run: ## serve with uWSGI in the foreground, as in production; configure with SAPI_*
	@tools/venv.sh
	@exec .venv/bin/uwsgi --ini uwsgi.ini

.PHONY: sample
sample: ## measure usage once and keep it; EVERY=15m goes on; configure with SAPI_*
	@tools/venv.sh
	@exec .venv/bin/python -m storage_api.cli sample $(if $(EVERY),--every $(EVERY))

.PHONY: swagger.json
swagger.json: ## write build/swagger.json and build/openapi.json, of SAPI_BACKENDS or of every family
	@tools/venv.sh
	@tools/html.sh swagger

.PHONY: html
html: ## make build/html: the guides and the API reference
	@tools/venv.sh dev
	@tools/html.sh

.PHONY: image
image: ## build the container image with docker, podman or buildah
	@tools/image.sh

.PHONY: push_version
push_version: ## run the tests, then tag the version that the source names and push the tag
	@tools/push-version.sh check
	@$(MAKE) test
	@tools/push-version.sh push

.PHONY: venv
venv: ## set up .venv for run time and development
	@tools/venv.sh dev

.PHONY: requirements
requirements: ## lock anew what requirements*.in name, newest versions; needs Python 3.11
	@tools/venv.sh dev
	@tools/requirements.sh

.PHONY: clean
clean: stop ## remove .venv and everything else that can be made again
	@rm -rf .venv .run build dist *.egg-info .hypothesis .*_cache test-artifacts
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
