# Every target works on a clean clone, on a machine with the tools that docs/contributing.md lists; `make check` is what CI runs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

GOLANGCI_VERSION := v2.15.0
TOOLS := $(or $(GOLDSERVE_TOOLS),$(CURDIR)/.cache/tools)
SWAG_VERSION := v1.16.6
SWAG = $(TOOLS)/swag-$(SWAG_VERSION)/swag
DATAPRESS := $(TOOLS)/datap-rs-0.8.6/bin/python
GOLANGCI := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## publish the sample lake into a temporary store and serve it
	go run ./cmd/goldserve demo

build: ## build the static program bin/goldserve
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/goldserve ./cmd/goldserve

# The full program is the same one with full/linked.go in the place of builder/duckdb/linked.go, and the requirements of full/go.mod.
FULL := -modfile=full/go.mod -overlay=full/overlay.json -tags netgo,osusergo
full: ## build bin/goldserve-full, which has DuckDB in it: static, 100 MB; needs a C compiler with libstdc++, and downloads 130 MB
	CGO_ENABLED=1 go build -trimpath $(FULL) -ldflags='-s -w -extldflags "-static"' -o bin/goldserve-full ./cmd/goldserve

full-test: ## test the DuckDB that is part of the full program as the executable is tested
	.ci/with-duckdb go test $(FULL) ./builder/duckdb

full-mod: ## write full/go.mod and full/go.sum after a change of go.mod
	cp go.mod full/go.mod && sort -u go.sum full/go.sum -o full/go.sum
	go mod edit -require=github.com/duckdb/duckdb-go/v2@v2.10506.0 full/go.mod
	go list -mod=mod $(FULL) ./cmd/goldserve ./builder/duckdb >/dev/null

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

cross: ## check that the program builds for every platform; other platforms without optimizations, to save a third of the time
	@for platform in $(PLATFORMS); do \
		echo "$$platform"; \
		flags='all=-N -l'; [ "$$platform" != "$$(go env GOHOSTOS)/$$(go env GOHOSTARCH)" ] || flags=; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 go build -gcflags="$$flags" -ldflags='-s -w' -o /dev/null ./cmd/goldserve || exit 1; \
	done

test: ## run all tests, with the race detector and real servers (MongoDB, S3, PostgreSQL, MariaDB) that are downloaded and started (GOLDSERVE_TEST_WITHOUT=mongodb,s3,sql,python,duckdb leaves these out)
	.ci/with-python .ci/with-duckdb .ci/with-mongod .ci/with-s3 .ci/with-sql .ci/test

test-spark: ## test the builds on Spark against a real Spark Connect server that is downloaded (pyspark's jars; Java 17 runs them) and started; GOLDSERVE_TEST_WITHOUT=spark leaves these out
	GOLDSERVE_TEST_REQUIRE=1 .ci/with-spark .ci/with-python .ci/with-duckdb go test -timeout 15m ./builder/spark

test-kafka: ## kill consumers of a real Kafka broker, which Maven downloads (45 MB; Java 17 runs it), and compare with a build; GOLDSERVE_TEST_KAFKA names another one
	GOLDSERVE_TEST_REQUIRE=1 GOLDSERVE_TEST_STREAM_KILLS=20 .ci/with-kafka .ci/with-duckdb go test -tags e2e -v -run 'TestAKilledStream' -timeout 15m ./test/e2e

test-onnx: ## compare the model orders' scores, and those of 20,000 rows by each of 54 scikit-learn pipelines, with onnxruntime's and scikit-learn's, which are downloaded (430 MB)
	.ci/with-sklearn go test -v -run 'Pipelines|ONNXRuntime' -timeout 15m ./scoring/... ./cmd/goldserve

test-mlflow: ## log runs to a real MLflow server, which is downloaded (850 MB)
	.ci/with-mlflow go test -tags e2e -v -run MLflow ./mlflow ./cmd/goldserve

test-prefect: ## run the example of docs/orchestration.md with Prefect, which is downloaded (260 MB)
	.ci/with-prefect .ci/with-duckdb go test -tags e2e -run PrefectFlow -timeout 20m -v ./test/e2e

test-airflow: ## run the example of docs/orchestration.md with Airflow, which is downloaded (300 MB)
	.ci/with-airflow .ci/with-duckdb go test -tags e2e -run AirflowDAG -timeout 20m -v ./test/e2e

test-codecarbon: ## compare columns, formulas and files of footprints with CodeCarbon's own, which is downloaded (290 MB)
	.ci/with-codecarbon go test -v -run CodeCarbonItself ./eco

test-spark-s3: ## test builds on Spark of a lake in a bucket that Spark reads and writes itself; Maven downloads 690 MB
	GOLDSERVE_TEST_REQUIRE=1 GOLDSERVE_TEST_SPARK_S3A=1 .ci/with-s3 .ci/with-spark .ci/with-python .ci/with-duckdb \
		go test -tags e2e -run InABucket -timeout 15m -v ./builder/spark

minio: ## build MinIO, which tests of S3 then use beside versitygw; about eight minutes and 1.5 GB of memory
	GOBIN=$(TOOLS)/minio-20260212 go install -p 1 github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c

random: ## ask each store 10,000 random queries and compare the answers with a naive reference; change 4,000 bytes of each kind of lake
	GOLDSERVE_TEST_RANDOM=10000 .ci/with-mongod go test -tags e2e -run '^(TestSuite|TestStore)$$/^random$$' -timeout 15m ./gold/sqlitestore ./gold/mongostore
	GOLDSERVE_TEST_FLIPS=4000 go test -run 'ChangedByte|PageChecksums' -timeout 15m ./gold/lake

torture: ## kill 200 runs on each store at random moments, kill and cut off followers of a bucket in 100 rounds each, run rival publishers for 30 s, build and follow a lake in 200 rounds each, and kill 100 consumers of a stream; GOLDSERVE_TEST_SEED repeats a run
	GOLDSERVE_TEST_KILLS=200 GOLDSERVE_TEST_ROUNDS=100 GOLDSERVE_TEST_RIVALRY=30 GOLDSERVE_TEST_BUILDS=200 GOLDSERVE_TEST_STREAM_KILLS=100 .ci/with-duckdb .ci/with-mongod .ci/with-s3 go test -tags e2e -v -run 'TestAKilled|TestRival|TestAPublishThatIsStopped|TestBuilds' -timeout 90m ./test/e2e

kinds: ## publish all lakes of the shared data as CSV, JSON, Delta, Iceberg and Parquet, in folders and buckets, into both stores, and compare every row
	GOLDSERVE_TEST_KINDS=all .ci/with-python .ci/with-mongod .ci/with-s3 go test -tags e2e -run 'TestEveryKindOfLake' -timeout 60m ./test/lakes

bench: ## measure the figures of docs/performance.md, each beside its baseline in the same run; about half an hour
	.ci/with-mongod go test -tags e2e -run '^$$' -bench 'PublishFacts' -benchtime 1x -timeout 60m ./test/e2e
	.ci/with-s3 go test -tags e2e -run '^$$' -bench 'PublishFromABucket' -benchtime 5x -timeout 30m ./test/e2e
	go test -tags e2e -run '^$$' -bench 'BenchmarkUp$$' -benchtime 5x -timeout 30m ./test/e2e
	.ci/with-mongod go test -tags e2e -run '^$$' -bench 'Load|Publish|Refresh' -benchtime 7x -timeout 30m ./gold/sqlitestore ./gold/mongostore ./publisher
	.ci/with-duckdb go test -tags e2e -run '^$$' -bench 'UnchangedRun' -benchtime 12x -timeout 30m ./test/e2e
	.ci/with-python .ci/with-duckdb sh -c 'go run ./cmd/goldserve benchmark --scale 10,100 --runs 5 --engines duckdb,pandas --duckdb "$$GOLDSERVE_TEST_DUCKDB" --python "$$GOLDSERVE_TEST_PYTHON" --out bin/benchmark.json'
	.ci/with-mongod go test -run '^$$' -bench 'AppendTenMillion' -benchtime 5x -timeout 60m ./publisher
	.ci/with-mongod go test -run '^$$' -bench 'Scores' -benchtime 3000x -timeout 30m ./cmd/goldserve
	go test -tags e2e -run '^$$' -bench 'Cached' -benchtime 12x -timeout 30m ./test/e2e
	.ci/with-mongod go test -tags e2e -run '^$$' -bench 'Export' -benchtime 3x -timeout 30m ./test/e2e
	.ci/with-mongod go test -tags e2e -run '^$$' -bench 'KeyFigures' -benchtime 100x -timeout 30m ./test/e2e
	go test -tags e2e -run '^$$' -bench 'TenMillion' -benchtime 20x -timeout 30m ./test/e2e
	.ci/with-mongod go test -run '^$$' -bench 'Facts|SnapshotLoad|Switch' -benchtime 5x -timeout 30m ./gold/columnar
	.ci/with-sql go test -run '^$$' -bench Mirror -benchtime 3x -timeout 30m ./mirror
	.ci/with-mongod go test -tags e2e -run '^$$' -bench 'ServeAtRest' -benchtime 1x -timeout 30m ./test/e2e
	.ci/with-mongod go test -tags e2e -run '^$$' -bench 'Page|Resolve|Read|Rows|Sum|Groups|Facts$$' -benchtime 1s -timeout 30m \
		./gold/sqlitestore ./gold/mongostore ./gold/lake ./gold/measure ./gold/quality ./api

bench-snapshots: $(DATAPRESS) ## measure answers from column snapshots, beside datapress (PyPI); two minutes
	GOLDSERVE_TEST_DATAPRESS=$(DATAPRESS) go test -tags e2e -run '^$$' -bench Snapshots -benchtime 5x -timeout 30m ./test/e2e

$(DATAPRESS):
	python3 -m venv $(TOOLS)/datap-rs-0.8.6
	$(TOOLS)/datap-rs-0.8.6/bin/pip install -q --disable-pip-version-check --only-binary :all: datap-rs==0.8.6

bench-overload: ## measure answers per second at one, two and five times the peak load; about four minutes
	.ci/with-mongod go test -tags e2e -run '^$$' -bench Overload -benchtime 1x -timeout 30m ./test/e2e

DAY := 17280
day: ## publish the 17,280 releases (DAY=…) of a lake that changes every five seconds: disk and publish time stay flat; about half an hour
	GOLDSERVE_DAY=$(DAY) go test -v -run TestADayOfReleases -timeout 0 ./publisher

CYCLES := 720
cycles: ## build and publish the shop at each of 720 slices of five seconds (CYCLES=…): a cycle takes under 2 s, memory stays flat; about half an hour
	GOLDSERVE_CYCLES=$(CYCLES) .ci/with-duckdb go test -tags e2e -run TestCycles -v -timeout 0 ./test/e2e

STREAM := 10
stream: ## stream 20,000 orders a second through a real Kafka broker for ten minutes (STREAM=… minutes): the release's lag stays flat; 10 GB of disk
	GOLDSERVE_TEST_REQUIRE=1 GOLDSERVE_TEST_STREAM_MINUTES=$(STREAM) .ci/with-kafka .ci/with-duckdb go test -tags e2e -v -run TestAStreamKeepsUp -timeout 60m ./test/e2e

SOAK := 10m
soak: ## serve under load for ten minutes (SOAK=…) while releases come and go: memory, goroutines and files stay flat
	GOLDSERVE_SOAK=$(SOAK) .ci/with-mongod go test -tags e2e -run TestSoak -v -timeout 0 ./test/e2e

lint: $(GOLANGCI) ## run formatters and linters
	$(GOLANGCI) run
	$(GOLANGCI) fmt --diff

$(GOLANGCI):
	GOBIN=$(dir $@) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

gen: $(SWAG) ## generate openapi/swagger.json from the comments of package api's handlers
	$(SWAG) init --quiet --generalInfo openapi.go --dir api,gold --output openapi --outputTypes json --requiredByDefault --overridesFile openapi/overrides

types: ## generate web/src/api/schema.d.ts, the dashboard's types, from the OpenAPI description
	.ci/types

$(SWAG):
	GOBIN=$(dir $@) go install github.com/swaggo/swag/cmd/swag@$(SWAG_VERSION)

openapi: ## check the OpenAPI description: lint it, compare it with the released one, build a TypeScript client, send thousands of requests
	.ci/check-openapi

web: web/node_modules ## check and build the dashboard: types, linters, unit tests, web/dist
	cd web && { npm run lint & lint=$$!; npm test && npm run build; built=$$?; wait $$lint && exit $$built; } # linting takes longest, on one core

web-test: web/node_modules ## test the dashboard in a real browser, on data with known answers
	cd web && npm run browser

screenshots: web/node_modules ## take the pictures in docs/img, of the sample lake
	cd web && GOLDSERVE_SHARED= SCREENSHOTS=docs/img npm run browser -- screenshots

web/node_modules: web/package-lock.json
	cd web && npm ci
	touch $@

contracts: ## check the shipped contracts with goldserve and with the standard's own tool
	go run ./cmd/goldserve contracts lint
	.ci/datacontract-lint models/*/contracts/*.odcs.yaml

check: ## run everything that CI runs
	.ci/run

.PHONY: help demo build full full-test full-mod cross test test-spark test-spark-s3 test-kafka test-onnx test-codecarbon test-mlflow test-prefect test-airflow minio random torture kinds bench bench-snapshots bench-overload day cycles stream soak lint gen types openapi web web-test screenshots contracts check
