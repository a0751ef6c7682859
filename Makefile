# Everything a developer types. `make help` lists it.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 30
VENV := .venv
PYTHON := $(VENV)/bin/python
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help deps build quickstart test unit e2e e2e-smoke spark trino fuzz mutants test-gcc test-tsan tidy headers format clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

deps: .deps-apt $(VENV)/.done ## Install what a fresh Debian 12 lacks, and the Python packages of the tests

# Asks the package manager only when something is missing.
.PHONY: .deps-apt
.deps-apt:
	@missing=$$(for p in $$(grep -v '^#' packaging/apt-packages.txt); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "installing:" $$missing; \
	  $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends $$missing; fi

$(VENV)/.done: tests/requirements.txt | .deps-apt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt
	touch $@

build: .deps-apt ## Release binaries in build/bin
	cmake --preset release >/dev/null
	cmake --build --preset release -j $(JOBS)
	mkdir -p build/bin
	for b in tarn tarnctl lakectl; do if [ -e build/release/bin/$$b ]; then ln -sf ../release/bin/$$b build/bin/$$b; fi; done

quickstart: deps build ## Walk the whole flow with real data and leave a server running (CHECK=1: end after the walk)
	$(PYTHON) tools/quickstart/quickstart.py $(if $(CHECK),--check)

unit: .deps-apt ## Unit tests: clang, ASan and UBSan
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j $(JOBS)
	ctest --preset dev -j $(JOBS)

e2e: deps build ## Real clients and crash tests against the release server
	$(PYTHON) -m pytest -q -n 2 --dist loadfile tests
	$(PYTHON) tools/quickstart/quickstart.py --check

e2e-smoke: deps ## The smoke test against the sanitized server
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j $(JOBS) --target tarn tarnctl
	TARN_BIN_DIR=build/dev/bin $(PYTHON) -m pytest -q tests -m smoke

.venv-spark/.done: tests/requirements-spark.txt tests/requirements.txt | .deps-apt
	python3 -m venv .venv-spark
	.venv-spark/bin/pip install -q --disable-pip-version-check -r tests/requirements-spark.txt
	touch $@

.PHONY: .deps-java
.deps-java:
	@command -v java >/dev/null || { $(SUDO) apt-get update -q && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends openjdk-17-jre-headless; }

spark: .deps-java .venv-spark/.done build ## Exported tables in Spark with Hive support, Delta Lake and Iceberg (Java, 900 MB of downloads)
	.venv-spark/bin/python -m pytest -q tests/spark/symlink_tables.py tests/spark/delta_tables.py tests/spark/iceberg_tables.py

# Before the build: it ends when there is no Java that is new enough.
.PHONY: .deps-trino
.deps-trino: deps
	@command -v mvn >/dev/null || { $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends maven; }
	$(PYTHON) -m tests.trino.install

trino: .deps-trino build ## Exported tables in Trino (Java 24 by JAVA_HOME, 800 MB of downloads)
	$(PYTHON) -m pytest -q tests/trino/hive_tables.py tests/trino/iceberg_tables.py tests/trino/delta_tables.py

fuzz: .deps-apt ## Fuzz targets, FUZZ_SECONDS (30) each, two at a time
	cmake --preset fuzz >/dev/null
	cmake --build --preset fuzz -j $(JOBS) --target $$(python3 tools/fuzz/run.py --list)
	python3 tools/fuzz/run.py --seconds $(FUZZ_SECONDS) build/fuzz/bin

mutants: .deps-apt ## Break the code on purpose, rule by rule: the model test must notice (docs/mutants.md)
	python3 tools/mutants/run.py -j $(JOBS)

test: deps unit e2e e2e-smoke fuzz ## All tests

test-gcc: .deps-apt ## Unit tests with g++ and ASan
	cmake --preset gcc >/dev/null
	cmake --build --preset gcc -j $(JOBS)
	ctest --preset gcc -j $(JOBS)

test-tsan: .deps-apt ## Unit tests with ThreadSanitizer
	cmake --preset tsan >/dev/null
	cmake --build --preset tsan -j $(JOBS)
	TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp ctest --preset tsan -j $(JOBS)

tidy: .deps-apt ## clang-tidy over the product
	cmake --preset tidy >/dev/null
	cmake --build --preset tidy -j $(JOBS) --target tarn tarnctl
	run-clang-tidy-19 -quiet -j $(JOBS) -p build/tidy '$(CURDIR)/src/.*(?<!_test)(?<!_fuzz)(?<!_bench)\.cc$$'

headers: .deps-apt ## Compile every header alone
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j $(JOBS) --target headers

format: ## Format the C++ sources
	git ls-files 'src/*.h' 'src/*.cc' 'bench/*.cc' 'bench/*.h' | grep -v settings_table.cc | xargs clang-format-19 -i

clean: ## Remove build results
	rm -rf build
