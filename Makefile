# Thin on purpose: a target names what to do, scripts/ does what takes more than
# a line. Targets that need tools depend on setup, which looks first and returns
# at once when nothing is missing.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.NOTPARALLEL:

# Where scripts/setup puts a Go of its own, on systems with one that is too old.
export PATH := $(CURDIR)/.deps/go/bin:$(PATH)

GO       ?= go
TOOL     := $(GO) tool -modfile=scripts/tools/go.mod
STEP     := scripts/step
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# buildvcs off: the version is stamped here, and Go's own stamping fails in a
# clone that belongs to somebody else.
BUILD    := $(GO) build -buildvcs=false -ldflags '-X main.version=$(VERSION)'
FUZZRUNS ?= 500000x
RUNS     ?= 5
ARGS     ?=

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## From nothing to a result

.PHONY: setup
setup: ## install what is missing: packages, Go, ONNX Runtime, OpenVINO (asks for sudo, never uses it)
	@scripts/setup

.PHONY: build
build: setup ## bin/braid, and bin/braid-nogst that starts without GStreamer
	@$(STEP) build $(BUILD) -o bin/braid ./cmd/braid
	@$(STEP) build-nogst $(BUILD) -tags nogst -o bin/braid-nogst ./cmd/braid

.PHONY: cuda
cuda: ## bin/libbraid_cuda.so, for NVIDIA GPUs and DLAs: needs CUDA and TensorRT 8.6 to 10.x
	@$(STEP) cuda scripts/cuda

.PHONY: demo
demo: build ## two synthetic cameras, what is seen on them, and how much of it is right
	@scripts/demo

.PHONY: clean
clean: ## remove what was built; .deps stays
	rm -rf bin .cache demo.*

## Tests: tier 0 to 2

.PHONY: test
test: lint unit fuzz-parsers e2e train-smoke ## lint, unit, fuzz and system tests, 20 steps of training

.PHONY: lint
lint: ## tier 0: format, vet, linters, dead code, tidy modules, shell scripts
	@scripts/setup lint
	@scripts/lint

.PHONY: unit
unit: setup ## tier 1: unit tests under the race detector, without native libraries
	@$(STEP) unit $(GO) test -tags nogst -race -shuffle=on -timeout 30m ./... $(ARGS)

# The parsers of files that come from elsewhere.
PARSERS := ./accel/network ./accel/network/darknet ./accel/plan ./accel/plan/jedi ./accel/plan/search ./accel/sim ./internal/bench ./internal/card

.PHONY: fuzz-parsers
fuzz-parsers: setup ## tier 1: the parsers of ONNX, darknet, profiles, JEDI, cameras and model cards, 60,000 fuzzed inputs each
	@scripts/fuzz 60000x $(PARSERS)

.PHONY: e2e
e2e: build ## tier 2: the tests with GStreamer, ONNX Runtime and the binary as a process
	@$(STEP) e2e $(GO) test -tags e2e -count=1 -timeout 60m $$(GO=$(GO) scripts/e2e-packages) $(ARGS)

.PHONY: train-smoke
train-smoke: build ## braid-nano's training, end to end on a CPU: 20 steps, resumed and exported
	@scripts/setup train
	@BRAID=bin/braid-nogst $(STEP) train-smoke scripts/train/smoke

.PHONY: ci
ci: test ## what .ci/run calls

## Longer tests, by hand

.PHONY: race
race: build ## tiers 1 and 2 under the race detector
	@$(STEP) race $(GO) test -tags e2e -race -shuffle=on -count=1 -timeout 60m ./... $(ARGS)

# Under ASan the stand-in for CUDA is compiled with it too. The third run holds
# the build without C together.
.PHONY: cuda-checks
cuda-checks: setup ## the door to CUDA with cgo's pointer checks, with AddressSanitizer, and without cgo
	@GOEXPERIMENT=cgocheck2 $(STEP) cuda-cgocheck $(GO) test -tags nogst -count=1 ./cuda/... $(ARGS)
	@BRAID_CUDA_FAKE_CFLAGS='-fsanitize=address -fno-omit-frame-pointer' $(STEP) cuda-asan $(GO) test -asan -tags nogst -count=1 ./cuda/... $(ARGS)
	@CGO_ENABLED=0 $(STEP) cuda-no-cgo $(GO) vet -tags nogst ./cuda/...

.PHONY: fuzz
fuzz: setup ## each fuzz target for FUZZRUNS inputs
	@scripts/fuzz $(FUZZRUNS)

.PHONY: bench
bench: build ## speed against this machine's limit and a plain Python loop
	@scripts/bench --runs $(RUNS) $(ARGS)

.PHONY: models-eval
models-eval: build ## accuracy and speed of the shipped detectors, beside yolox_nano's
	@scripts/models-eval $(ARGS)

.PHONY: verify-nine
verify-nine: build ## the papers' nine networks: imported, run, cut at 30 random places each and compared
	@scripts/nine $(ARGS)

.PHONY: soak
soak: build ## ten minutes of overload, stalled subscribers and server restarts (make test does one)
	@SOAK_TIME=10m $(STEP) soak $(GO) test -tags e2e -count=1 -timeout 20m -run TestSoak -v ./cmd/braid $(ARGS)

.PHONY: nightly
nightly: race fuzz verify-nine soak bench ## tier 4: race, fuzz, the nine networks, ten minutes of soak and bench

.PHONY: vuln
vuln: setup ## known vulnerabilities in what is linked (needs the Go vulnerability database)
	@$(STEP) vuln $(TOOL) govulncheck -tags nogst ./...

## Sources

.PHONY: fmt
fmt: setup ## format all Go files
	@$(TOOL) golangci-lint fmt

.PHONY: generate
generate: setup ## write generated files anew
	@$(GO) generate ./...
