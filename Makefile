.PHONY: check test race house bench

check: ## everything that has to hold before a change lands
	bash .ci/run

test:
	go test ./...

race:
	go test -race -shuffle=on -count=5 ./...

house: ## the house rules that a grep can check
	bash .ci/house

bench: ## picks, beside grpc-go's own grpclb
	$(MAKE) -C bench
