SHELL := /bin/bash
# Build each module as its users get it, also if a go.work file exists above.
export GOWORK := off
MODULES := . legacyhash scssession sqlstore sqlstore/internal/sqltest mailer cmd/signup examples/routers examples/migrate examples/webapp internal/integration internal/browser
FUZZTIME ?= 5s
# The race detector, except within the functions that compute hashes, which take up to
# twenty times as long with it. They share no state with other calls.
UNCHECKED := golang.org/x/crypto/... crypto/internal/fips140/... crypto/md5 crypto/sha1 \
  github.com/gosignup/signup/internal/argon2old
RACE := -race $(foreach p,$(UNCHECKED),-gcflags=$(p)=-race=false)
STATICCHECK := $(CURDIR)/.bin/staticcheck

.PHONY: help test quick vet staticcheck checks unit others legacyhash scssession sqlstore postgresql versiontests mailer signup routers migrate consumer browser webapp integration server fuzz faults soak bench lint clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

test: ## everything below that CI runs, on a machine without preparation
	@$(MAKE) --no-print-directory -j2 server checks # the former waits for downloads, if images are missing
	@$(MAKE) --no-print-directory -j2 integration others # the former often waits for a server
	@echo 'make test: all passed'

quick: ## a quick check: gofmt, go vet and the tests of the root module, without -race
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted by gofmt: $$unformatted" >&2; exit 1; }
	@go vet ./... && go test ./...

vet: ## gofmt, go vet and tidy go.mod files, in every module, and go.work
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted by gofmt: $$unformatted" >&2; exit 1; }
	@for m in $(MODULES); do (cd $$m && go vet ./... && go mod tidy -diff) || exit 1; done
	@find . -name go.mod | sed 's|^\./go.mod|.|; s|/go.mod$$||' | while read -r m; do \
	  grep -qxF "	$$m" go.work || { echo "go.work lacks the module $$m" >&2; exit 1; }; done

staticcheck: $(STATICCHECK) ## staticcheck, at the version in tools/go.mod
	@for m in $(MODULES); do (cd $$m && $(STATICCHECK) ./...) || exit 1; done

$(STATICCHECK): tools/go.mod tools/go.sum
	@mkdir -p $(@D)
	cd tools && go build -o $@ honnef.co/go/tools/cmd/staticcheck

unit: ## the root module's tests, with -race
	@go run ./internal/testrun . $(RACE) -count=1 -timeout=30m ./...

checks: # one after the other
	@for target in vet staticcheck unit; do $(MAKE) --no-print-directory $$target || exit 1; done

others: # one after the other
	@for target in browser fuzz legacyhash scssession sqlstore mailer signup routers migrate webapp consumer; do $(MAKE) --no-print-directory $$target || exit 1; done

fuzz: ## each fuzz target, for FUZZTIME (5s)
	@grep -rhoE '^func Fuzz\w+' --include='*_test.go' . | sed 's/func //' | while read -r f; do \
	  pkg=$$(grep -rlE "^func $$f\(" --include='*_test.go' . | xargs dirname); \
	  echo "fuzz: $$f for $(FUZZTIME)"; \
	  (cd $$pkg && go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x .) >.fuzz.log 2>&1 || { cat .fuzz.log; exit 1; }; \
	  grep '^fuzz: elapsed' .fuzz.log | tail -n 1; rm .fuzz.log; done

faults: server ## the tests with failing networks, killed nodes and many users, at full length
	@SIGNUP_TEST_SOAK=yes go run ./internal/testrun internal/integration $(RACE) -count=1 -timeout=2h -run 'TestToxics|TestKill|TestAccount(Kill|EmailChange|Guesses)|TestMigration|TestSearchMany|TestTransfer|TestNothingLeaks' ./...
	@SIGNUP_TEST_SOAK=yes go run ./internal/testrun sqlstore/internal/sqltest $(RACE) -count=1 -timeout=30m $(givensql) -run 'TestKill|TestRaceOfProcesses|TestTerminated|TestPlanted' .
	@SIGNUP_TEST_SOAK=yes go run ./internal/testrun sqlstore/internal/sqltest $(RACE) -count=1 -timeout=1h -run 'Test(Transfer|Planted)$$' .

soak: faults ## faults, and each fuzz target for ten minutes
	@$(MAKE) --no-print-directory fuzz FUZZTIME=10m

# Without -race, under which the hashes take twenty times as long: the formats keep no
# state and start no goroutines.
legacyhash: ## the tests of the module of other programs' hash formats
	@go run ./internal/testrun legacyhash -count=1 ./...

scssession: ## the tests of the module that keeps sessions with alexedwards/scs, with -race
	@go run ./internal/testrun scssession $(RACE) -count=1 ./...

# Beside a PostgreSQL server that the user provides, none is needed that can be killed.
givensql = $(if $(SIGNUP_TEST_POSTGRES_URL),-skip TestKillPostgreSQL)

sqlstore: ## the tests of the module that keeps users in PostgreSQL and SQLite, with -race
	@go run ./internal/testrun sqlstore $(RACE) -count=1 .
	@go run ./internal/testrun sqlstore/internal/sqltest $(RACE) -count=1 $(givensql) .

postgresql: ## sqlstore's tests with PostgreSQL 13, 14, 16, 17 and 18, from npm
	@scripts/postgresql-versions $(MAKE) --no-print-directory versiontests

versiontests:
	@go run ./internal/testrun sqlstore/internal/sqltest -count=1 $(givensql) .

mailer: ## the tests of the module that sends mails over SMTP, with -race
	@go run ./internal/testrun mailer $(RACE) -count=1 ./...

signup: ## the tests of the operator's program, with -race
	@go run ./internal/testrun cmd/signup $(RACE) -count=1 ./...

routers: ## the tests of the examples for each router, with -race
	@go run ./internal/testrun examples/routers $(RACE) -count=1 ./...

migrate: ## the tests of the example that migrates the tutorial's users, with -race
	@go run ./internal/testrun examples/migrate $(RACE) -count=1 ./...

webapp: ## the tests of the example of a whole site, and its own files in another module
	@go run ./internal/testrun examples/webapp $(RACE) -count=1 ./...
	scripts/adopter

consumer: ## what importing the library adds to a new module
	scripts/consumer

# Without -race: what runs there is the browser.
browser: ## the account pages in Chromium, with mails over SMTP and axe-core; screenshots are in .bin/screenshots
	@scripts/browser-tools
	@go run ./internal/testrun internal/browser -count=1 -timeout=15m ./...

server: ## a Docker engine and the images of Elasticsearch, made if they are missing
	@test -n "$$SIGNUP_TEST_ELASTICSEARCH_URL" || { scripts/elasticsearch-image 8.19.7 && scripts/elasticsearch-image 9.5.4; }

# A server that the user provides is neither killed nor disconnected. It has neither the
# roles that the tests need nor a place for snapshots.
given = $(if $(SIGNUP_TEST_ELASTICSEARCH_URL),-skip 'TestCluster|TestKill|TestAccount(Kill|EmailChange|Guesses|Counter)|TestIsolated|TestNoMaster|TestToxics|TestRole|TestSnapshot')

# One test at a time, as servers are slow beside others. On more than two processors,
# PARALLEL=4 is faster.
PARALLEL ?= 1

integration: server ## the tests against a real Elasticsearch
	@go run ./internal/testrun internal/integration $(RACE) -count=1 -parallel=$(PARALLEL) -timeout=80m $(given) ./...

# Not in MODULES, because the programs that it compares are large. For BENCHFLAGS, see
# go run . -h in internal/bench.
bench: $(STATICCHECK) ## compare with other servers and clients; takes three quarters of an hour, on an otherwise idle machine
	@cd internal/bench && go vet ./... && $(STATICCHECK) ./... && go test -count=1 . ./load ./servers ./rounds ./people ./sql
	@rm -f .bin/ratios.md
	@cd internal/bench && go run . -plot ../../docs/performance.svg -summary ../../.bin/ratios.md $(BENCHFLAGS)
	@scripts/bench-elasticsearch bash -c 'cd internal/bench && \
	  go run . -es "$$SIGNUP_BENCH_ELASTICSEARCH_URL" -summary ../../.bin/ratios.md $(BENCHFLAGS)'
	@url=$$(scripts/postgresql) && cd internal/bench && go run . -sql "$$url" -summary ../../.bin/ratios.md $(BENCHFLAGS)

lint: ## golangci-lint, if it is installed
	golangci-lint run ./...

clean: ## remove what make built
	rm -rf .bin
