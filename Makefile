# make up [STACK=dev]     the cluster on this machine, from nothing; prints how to use it
# make test               types, lint, unit tests, daemons' checkers, contract of the command plugin
# make e2e                a real cluster with an outside client and one fault per tier, then nothing left
#   parts of it: e2e-core (losses, sites, access, scaling), e2e-changes (releases, passwords, authorities), e2e-small
# make e2e-ssh            the same on machines that exist already: taken, used, given back
# make emulation          the largest stack file of EC2 on an API that we did not write (moto); no machines
# make e2e-aws            a cluster on an emulated EC2: cloud-init, volumes, groups, elastic address; then nothing left
# make drill-all          every fault, DRILL_ROUNDS=5 times; the worst of them goes into docs/drills.md
# make bench [STACK=dev]  a stack that is up beside one host with the same WordPress; writes docs/bench.md
# make down [STACK=dev]   destroys the cluster
# make clean              removes image, storage pool and caches as well, once every stack is down
# Parts, each safe to call again: toolchain platform image node_modules
STACK ?= dev
CACHE := $(or $(TESTUDO_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/testudo)

.PHONY: up down test e2e e2e-core e2e-changes e2e-small e2e-ssh e2e-aws emulation drill-all bench clean prepare prepare-engine node_modules toolchain platform image checkers contract test-tools
.DEFAULT_GOAL := up

# The engine (compiler), the image (package installer) and the modules (network) wait for different things.
prepare:
	@tools/node
	@$(MAKE) --no-print-directory -j3 toolchain image node_modules

prepare-engine:
	@tools/node
	@$(MAKE) --no-print-directory -j2 toolchain node_modules

# Machines that are elsewhere need no Incus here.
IS_HERE := $(shell grep -qsE '^ *testudo:platform: *(aws|ssh) *$$' Pulumi.$(STACK).yaml || echo yes)

up: $(if $(IS_HERE),prepare,prepare-engine)
	@$(if $(IS_HERE),platform/wake $(STACK))
	@tools/stack up $(STACK)

down: $(if $(IS_HERE),prepare,prepare-engine)
	@tools/stack down $(STACK)

toolchain:
	@tools/toolchain >/dev/null

platform:
	@platform/incus-up

image: platform
	@platform/image >/dev/null

# npm writes this file last: a folder that was left half-filled is no finished one.
node_modules: node_modules/.package-lock.json ;

node_modules/.package-lock.json: package-lock.json
	@tools/node
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

test-tools:
	@tools/test-tools

test: prepare test-tools
	@npm test
	@$(MAKE) --no-print-directory checkers contract

checkers: image node_modules
	@platform/image --rootfs $(CACHE)/rootfs
	@TESTUDO_ROOTFS=$(CACHE)/rootfs npm run --silent checkers

contract: toolchain test-tools
	@command -v go >/dev/null || { echo "contract: skipped, since it is written in Go and there is no Go here"; exit 0; }; \
	cd tools/pulumi-resource-command && go vet ./... && go test ./contract/
	@tools/tests/toolchain-test

e2e: prepare
	@npm run --silent e2e
	@$(MAKE) --no-print-directory e2e-small

# Each of the three parts brings a cluster of its own up, and takes it down.
CHANGES := 3-releases 5-passwords 5-trust

e2e-core: prepare
	@npm run --silent e2e -- $(addprefix --testPathIgnorePatterns=,$(CHANGES))

e2e-changes: prepare
	@npm run --silent e2e -- 1-serving $(CHANGES) 8-

e2e-small: prepare
	@E2E_PRESET=small npm run --silent e2e -- 1-serving 4-losses 8-

# Containers made beforehand stand for machines that exist already.
e2e-ssh: prepare
	@npm run --silent e2e:ssh

emulation: toolchain node_modules
	@npm run --silent emulation

e2e-aws: prepare
	@npm run --silent e2e-aws

drill-all: prepare
	@DRILL_ROUNDS=$(or $(DRILL_ROUNDS),5) tests/e2e/drill-all

bench:
	@E2E_STACK=$(STACK) node_modules/.bin/tsx tests/bench/bench.ts

clean:
	@platform/clean
	rm -rf $(CACHE) node_modules
