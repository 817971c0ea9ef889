# make check is what CI runs.
GO    ?= go
TOOL  := $(GO) tool -modfile internal/tools/go.mod
# Every module of the repository; the servers' module has no code of ours.
MODULES := . internal/tools internal/testservers internal/faults bench

.PHONY: check fmt vet static tidy vuln servers test api

check: fmt tidy vet static vuln servers test

# gofmt -l names the files that are not formatted; none must be.
fmt:
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "not gofmt-clean:"; echo "$$bad"; exit 1; fi

tidy:
	@set -e; for m in $(MODULES); do echo "go mod tidy: $$m"; (cd $$m && $(GO) mod tidy -diff && $(GO) mod verify); done

# The other systems are only compiled: their file locks and names are their own.
vet:
	$(GO) vet ./...
	cd internal/tools && $(GO) vet ./...
	cd internal/faults && $(GO) vet ./...
	cd bench && $(GO) vet ./...
	GOOS=windows $(GO) vet ./driver ./store ./memdriver ./filedriver ./s3driver ./blobdriver ./conformance
	GOOS=darwin $(GO) vet ./driver ./store ./memdriver ./filedriver ./s3driver ./blobdriver ./conformance

static:
	$(TOOL) staticcheck ./...
	cd internal/tools && $(GO) tool staticcheck ./...
	cd internal/faults && $(GO) tool -modfile ../tools/go.mod staticcheck ./...
	cd bench && $(GO) tool -modfile ../internal/tools/go.mod staticcheck ./...

vuln:
	@bin=$$(mktemp -d) && trap 'rm -rf "$$bin"' EXIT && $(GO) build -C internal/tools -o "$$bin" ./vulncheck && "$$bin/vulncheck" ./...

# The S3 servers the tests need, built once and cached outside the tree.
servers:
	$(GO) run ./internal/s3test/cmd/testservers build

# The timeouts only end what hangs: on a busy machine s3driver alone takes 20 minutes.
# The race detector makes a process slow to start, and the kill test starts one for
# each kill: the thousand is for the run without it.
test:
	S3MIO_KILLS=100 $(GO) test -race -timeout 45m ./...
	$(GO) test -run TestKilledAtRandom -timeout 45m ./filedriver
	cd internal/faults && $(GO) test -timeout 45m ./...
	cd bench && $(GO) test ./...

# Accept a change of the exported API.
api:
	$(GO) test ./internal/archtest -run TestExportedAPI -update
