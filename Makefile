# Two commands do everything on a fresh machine: make demo, make test.
SHELL := /bin/bash
# The SDK announces on every start that it will want a newer node next year; the engines field says it.
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true
.DEFAULT_GOAL := help
# Every folder with programs: make lint looks at their imports.
FOLDERS := $(filter-out ansible/ cdktf.out/ dist/ docs/ node_modules/ out/ packer/,$(wildcard */))

# TypeScript 7 checks types in a quarter of the time; "typescript" is 5.9 for its API, which 7 has not.
TSC := node node_modules/typescript-7/bin/tsc

.PHONY: help demo dev test unit integration lint format hooks addresses field-changes image-check locks readmes soak screenshots bench bench-peers chaos cost down


help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: node_modules ## The whole story on this machine: a cluster, four releases and a restart under load, nothing lost (root)
	@npx tsx local/demo/main.ts

ifdef ONLY
test: node_modules ## What CI runs (root); ONLY=local/testing/slack: files of that name, on a region that stays up
	@SHOESTRING_KEEP_REGION=1 npx vitest run $(ONLY)
else
test: node_modules lint
	@npx tsx local/prepare.ts
	@npx vitest run --project '!soak'
endif

dev: node_modules ## The local region up, and the agent built and restarted in it after each change (root)
	@npx tsx local/dev/main.ts

unit: node_modules ## The fast tests, in one to two minutes: no root, no region
	@npx vitest run --project unit

integration: node_modules ## The tests with real programs, and on the real local region (root)
	@npx tsx local/prepare.ts
	@npx vitest run --project integration --project region

lint: node_modules ## Format, lint, imports, unused files and exports, types
	@npx biome check --error-on-warnings .
	@npx depcruise --config .dependency-cruiser.mjs $(FOLDERS)
	@npx knip
	@$(TSC) --noEmit
	@$(TSC) --noEmit -p board/page

format: node_modules ## Mend what the formatter can
	@npx biome check --write .

hooks: node_modules ## Before each commit: format and lint of what is staged, the length of the subject
	@npm install --prefix tools/lefthook --no-save --ignore-scripts --no-fund --no-audit --loglevel=error
	@tools/lefthook/node_modules/.bin/lefthook install

addresses: node_modules ## The reviewed lists of every stack: ci/stacks/addresses.txt and user-data.txt
	@npx tsx ci/stacks/addresses.ts
	@npx tsx ci/stacks/user-data.ts

field-changes: node_modules ## What a change of each field does, in docs/changing-a-cluster.md, from plans
	@npx tsx ci/field-changes/main.ts

image-check: node_modules ## Format and meaning of the images' Packer templates, without AWS (packer)
	@npx tsx ci/images/main.ts check

locks: node_modules ## Checksums of the real providers, .terraform.lock.hcl (downloads them)
	@npx tsx ci/locks/main.ts

readmes: node_modules ## Tables of props in the modules' READMEs, from the types; tables of docs/rights.md
	@npx tsx ci/module-readmes/main.ts
	@npx tsx ci/rights/main.ts

soak: node_modules ## What takes longer: faults, crash loops, the model and garbage from a new seed, HCL (root)
	@npx tsx local/prepare.ts
	@npx vitest run --project soak
	@SHOESTRING_SEED=$${SHOESTRING_SEED:-$$(date +%s)} SHOESTRING_INTERLEAVINGS=$${SHOESTRING_INTERLEAVINGS:-3000000} \
		SHOESTRING_EVERY_CASE=1 npx vitest run --project exhaustive agent/rollout/model agent/rollout/garbage

bench: node_modules ## Figures with machine facts, into out/bench.json (root)
	@npx tsx bench/main.ts

bench-peers: node_modules ## The agent beside pm2, nginx and HAProxy loops, consul-template; 2,000 agents (ARGS="--deploys 3"; root)
	@npx tsx bench/peers/main.ts $(ARGS)

chaos: node_modules ## Deploys under load while faults happen that a seed decides (SEED=7 DEPLOYS=4; root)
	@SEED=$(SEED) DEPLOYS=$(DEPLOYS) INSTANCES=$(INSTANCES) SERVERS=$(SERVERS) LONGEST=$(LONGEST) npx tsx local/chaos/main.ts

screenshots: node_modules ## The pictures of the board in docs/ (needs chromium)
	@npx tsx board/testing/screenshots.ts

cost: node_modules ## What the synthesised clusters cost in a month, beside the common way
	@npx tsx ci/cost/main.ts

down: node_modules ## Take the local region down, and the one that tests left up (root)
	@npx shoestring local down
	@SHOESTRING_REGION=.local-test npx shoestring local down

node_modules: package-lock.json
	@echo "node packages are installed, as package-lock.json says"
# Not "npm ci": that refuses a lock made where the registry lacks a package for another platform.
	@npm install --no-save --no-fund --no-audit --loglevel=error
	@touch node_modules
