# Two commands do everything on a fresh machine: make demo, make test.
SHELL := /bin/bash
# The SDK announces on every start that it will want a newer node next year; the engines field says it.
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true
.DEFAULT_GOAL := help

.PHONY: help demo test unit integration lint format addresses readmes bench screenshots cost down


help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: node_modules ## The whole story on this machine: a cluster, four releases under load, nothing lost
	@npx tsx local/demo/main.ts

test: node_modules lint ## Everything that CI runs
	@npx tsx local/prepare.ts
	@npx vitest run

unit: node_modules ## The fast tests: no root, no region
	@npx vitest run --project unit

integration: node_modules ## The tests on the real local region (root)
	@npx tsx local/prepare.ts
	@npx vitest run --project integration

lint: node_modules ## Format, lint, import arrows, types
	@npx biome check --error-on-warnings .
	@npx tsc --noEmit
	@npx tsc --noEmit -p board/page

format: node_modules ## Mend what the formatter can
	@npx biome check --write .

addresses: node_modules ## The reviewed list of every stack's addresses, ci/stacks/addresses.txt
	@npx tsx ci/stacks/addresses.ts

readmes: node_modules ## Tables of props in the modules' READMEs, from the types
	@npx tsx ci/module-readmes/main.ts

bench: node_modules ## Figures with machine facts, into out/bench.json
	@npx tsx bench/main.ts

screenshots: node_modules ## The pictures of the board in docs/ (needs chromium)
	@npx tsx board/screenshots.ts

cost: node_modules ## What the synthesised clusters cost in a month, beside the common way
	@npx tsx ci/cost/main.ts

down: node_modules ## Take the local region down
	@npx shoestring local down

node_modules: package-lock.json
	@echo "node packages are installed, as package-lock.json says"
# Not "npm ci": that refuses a lock made where the registry lacks a package for another platform.
	@npm install --no-save --no-fund --no-audit --loglevel=error
	@touch node_modules
