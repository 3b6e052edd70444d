# The input plugin office365 of Fluent Bit. `make` lists what can be made.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c

GO      ?= go
PREFIX  ?= /usr/local
DESTDIR ?=
# One real configuration to run; without it, `make run` runs on the simulator.
CONF    ?=
# Time for each fuzz target.
FUZZTIME ?= 60s
# Random schedules that make chaos runs, and the seed of the first.
CHAOS ?= 200
SEED  ?= 1
# Time that make soak takes.
SOAK ?= 30m
# Percent of the contents of make backlog that are Audit.General's, where one
# record in six is an alert of its own; a busy tenant has fewer than 1 gives.
GENERAL ?= 1
# How often make bench runs each benchmark, for benchstat. With PROFILE=1 it keeps
# profiles, and what it builds keeps its symbols; with BENCH_STRICT=1 it fails when
# a target is missed; with README=1 it prints the table into README.md.
BENCH_COUNT ?= 1
PROFILE ?=
BENCH_STRICT ?=
README ?=
# Tests that run side by side where they mostly wait.
WAITING := 16

ifeq ($(origin CC),default)
CC := gcc
endif

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := $(if $(PROFILE),,-s -w )-X office365/plugin/internal/cli.version=$(VERSION)
# -buildvcs=false: the version is in LDFLAGS, and git may refuse a checkout that
# belongs to another user, as in containers.
GOBUILD  := CGO_ENABLED=1 CC=$(CC) $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
CFLAGS   := -std=c11 -O2 -g -Wall -Wextra -Werror -rdynamic -pthread

GOLANGCI_VERSION := 2.15.0
GOLANGCI         := .bin/golangci-lint-$(GOLANGCI_VERSION)

# The library, and what is measured, is compiled by a profile of the plugin at
# work (see pgo). It takes a minute more, which nothing else is worth. What the
# user has set stays, by `go env -w` too, which a variable would hide.
PGO := -pgo='$(CURDIR)/plugin/default.pgo'
export GOFLAGS := $(shell $(GO) env GOFLAGS 2>/dev/null) -pgo=off

HOST_SOURCES := $(wildcard tests/host/*.c)
HOST_HEADERS := $(wildcard tests/host/*.h)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build run test lint unit race e2e chaos backlog soak mutate bench pgo fuzz settings install docker clean FORCE

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z][a-z0-9_-]*:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: bin/in_office365.so bin/in_office365 bin/o365sim bin/o365proxy bin/host ## build the plugin, the command, the simulator, a proxy for tests and the test host into bin/

# Go knows best what has to be built again.
bin/in_office365.so: FORCE
	$(GOBUILD) $(PGO) -buildmode=c-shared -o $@ ./plugin
	@rm -f bin/in_office365.h # what cgo writes beside it; nobody includes it

bin/in_office365: FORCE
	$(GOBUILD) -o $@ ./plugin

bin/o365sim: FORCE
	$(GOBUILD) -o $@ ./tests/simulator/cmd/o365sim

bin/o365proxy: FORCE
	$(GOBUILD) -o $@ ./tests/simulator/cmd/o365proxy

bin/host: $(HOST_SOURCES) $(HOST_HEADERS)
	@mkdir -p bin
	$(CC) $(CFLAGS) -o $@ $(HOST_SOURCES) -ldl

run: build ## run the plugin on the simulator, or on a real tenant with CONF=path
	@exec tests/run.sh $(if $(CONF),'$(CONF)')

test: lint race e2e ## linters, unit tests with the race detector, end to end

lint: $(GOLANGCI) ## go vet, golangci-lint and the formatters
	$(GO) vet ./...
	$(GOLANGCI) fmt --diff ./...
	$(GOLANGCI) run ./...

# The linter of the right version: one that is installed already, or a new one.
$(GOLANGCI):
	@mkdir -p .bin
	@for have in "$$(command -v golangci-lint || true)" "$$($(GO) env GOPATH)/bin/golangci-lint"; do \
		if [ -x "$$have" ] && "$$have" version 2>/dev/null | grep -qF 'version $(GOLANGCI_VERSION) '; then \
			ln -sf "$$have" $@; exit 0; \
		fi; \
	done; \
	echo 'installing golangci-lint $(GOLANGCI_VERSION) into .bin (a minute or two)'; \
	GOBIN="$$PWD/.bin" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION); \
	mv .bin/golangci-lint $@

unit: ## unit tests
	$(GO) test $(UNIT)

race: ## unit tests with the race detector
	CGO_ENABLED=1 CC=$(CC) $(GO) test -race -timeout 20m $(UNIT)

# What runs within one process; a library with the race detector cannot be loaded.
UNIT := ./normalize/... ./plugin/... ./tests/simulator/... ./tests/mutate ./tests/ocsf ./tests/bench/summary ./tests/bench/corpus

e2e: build ## the plugin in the test host, and in Fluent Bit where there is one, on the simulator; the examples
	$(GO) test -v -count=1 -timeout 20m -parallel $(WAITING) ./tests/e2e/... ./tests/deploy/...

chaos: build ## CHAOS (200) random schedules of faults and kills from SEED (1) on
	$(GO) test -v -count=1 -timeout 0 -parallel $(WAITING) -run Schedule ./tests/e2e -chaos $(CHAOS) -seed $(SEED)

backlog: build ## catch up with a week: 100,000 blobs, 1,000,000 records (10 minutes); GENERAL=1
	@mkdir -p .bench
	$(GO) test -v -count=1 -timeout 30m ./tests/e2e -run Backlog -backlog 100000 -backlog-records 10 -backlog-general $(GENERAL) -backlog-figures '$(CURDIR)/.bench/backlog.txt'

soak: build ## steady arrival with faults and a kill every minute, for SOAK (30m)
	$(GO) test -v -count=1 -timeout 0 -parallel $(WAITING) -run Soak ./tests/e2e -soak $(SOAK) -seed $(SEED)

# What runs within one process, and then whole processes, each once; both go on
# when the other fails, for the summary says what was not measured.
bench: build ## benchmarks beside their targets, into .bench/: BENCH_COUNT=1, BENCH_STRICT=1, PROFILE=1, README=1
	@mkdir -p .bench
ifneq ($(PROFILE),)
	$(GO) test $(PGO) -run '^$$' -bench '^BenchmarkPipeline$$/^interflow$$' -o .bench/msgpack.test \
		-cpuprofile .bench/pipeline.cpu.pprof -memprofile .bench/pipeline.heap.pprof ./plugin/internal/msgpack
endif
	@failed=0; \
	{ \
		$(GO) test $(PGO) -run '^$$' -bench . -benchmem -count $(BENCH_COUNT) $(UNIT) || failed=1; \
		$(GO) test -run '^$$' -bench . -benchtime 1x -count $(BENCH_COUNT) -timeout 0 ./tests/bench $(if $(PROFILE),-profiles '$(CURDIR)/.bench') || failed=1; \
		[ $$failed = 0 ]; \
	} | tee .bench/bench.txt || failed=1; \
	echo; \
	$(GO) run ./tests/bench/summary -out .bench/summary.json $(if $(README),-readme README.md) $(if $(BENCH_STRICT),-strict) .bench/bench.txt $(wildcard .bench/backlog.txt) || failed=1; \
	exit $$failed

pgo: ## profile the whole collector anew, for the compiler: plugin/default.pgo
	@mkdir -p .bench
	$(GO) test -trimpath -run '^$$' -bench '^BenchmarkCollector$$' -benchtime 10x -cpuprofile plugin/default.pgo -o .bench/collector.test ./plugin/internal/collector

mutate: ## take the handling of each failure out, one at a time, and see its test fail
	$(GO) run ./tests/mutate

fuzz: ## each fuzz target for FUZZTIME (60s)
	@for package in $$($(GO) list $(UNIT)); do \
		for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x "$$package"; \
		done; \
	done

settings: ## print the tables of settings, of mappings into README.md and conf/
	$(GO) test ./plugin/internal/config -run TestREADMEAndExamplesPrintTheTable -update
	$(GO) test ./normalize -run TestREADMEPrintsTheCoverage -update

install: ## install the plugin and the command below PREFIX (/usr/local)
	@[ -f bin/in_office365.so ] && [ -f bin/in_office365 ] || $(MAKE) bin/in_office365.so bin/in_office365
	install -D -m 0755 bin/in_office365.so '$(DESTDIR)$(PREFIX)/lib/fluent-bit/in_office365.so'
	install -D -m 0755 bin/in_office365 '$(DESTDIR)$(PREFIX)/bin/in_office365'

docker: ## build the image office365 with Docker or Podman
	@for engine in docker podman; do \
		if command -v $$engine >/dev/null && $$engine info >/dev/null 2>&1; then \
			exec $$engine build --build-arg VERSION='$(VERSION)' -f docker/Dockerfile -t office365:latest .; \
		fi; \
	done; \
	echo 'make docker needs a running Docker or Podman; neither answers here' >&2; exit 1

clean: ## remove what was built
	rm -rf bin .bin .bench
