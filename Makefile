.PHONY: check test race house interop foreign fuzz chaos bench compare

check: ## everything that has to hold before a change lands
	bash .ci/run

test:
	go test ./...

race:
	go test -race -shuffle=on -count=5 ./...

house: ## the house rules that a grep can check
	bash .ci/house

interop: ## driven by grpc-go's own balancer server, which is fetched
	go test -tags interop -v ./internal/interop

foreign: ## the same scenes for C-core's client, grpc-go's and ours
	bash .ci/foreign

FUZZTIME ?= 5m

fuzz: ## each fuzz test for FUZZTIME
	@for target in $$(grep -rl '^func Fuzz' --include='*_test.go' .); do \
		for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' $$target | sed 's/func //'); do \
			echo "== $$name in $$(dirname $$target)"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$(dirname $$target) || exit 1; \
		done; \
	done

SEED ?= 0

chaos: ## a minute of faults over real sockets; SEED=N replays one
	go run ./chaos -seed $(SEED)

bench: ## everything that is measured beside grpc-go's own grpclb, with the bars
	$(MAKE) -C bench

compare: ## who holds which rule, this policy or grpc-go's own grpclb
	go run ./bench/compare
