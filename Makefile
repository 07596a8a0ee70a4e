# The project's targets. Each sets itself up; `make help` explains them.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup fetch lock fresh demo quick test test-ui check knowledge docs package audit restarts day faults fuzz defences soak family standby takeover upgrade nightly bench real-splunk real-splunk-image format clean

help: ## explain the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## make the environments in .venv and fill lib/, as every target does by itself
	@$(PYTHON) -m tools.suite --set-up

demo: ## show the main job, under a minute: a backlog of 50,000 events, a stop, a SIGKILL, a proof (DROP=1 fails it, WEB=1 keeps the pages open)
	@$(PYTHON) -m tools.demo $(if $(DROP),--drop $(DROP)) $(if $(WEB),--web)

quick: ## about a minute: lint, types, units, fakes, architecture, model, and fuzzers, on one Python
	@$(PYTHON) -m tools.suite --quick

test: ## lint, types, and the whole suite, on Python 3.9 and 3.13 if they are found
	@$(PYTHON) -m tools.suite $(if $(NEED_BOTH),--need-both)

test-ui: ## test the pages in a real browser, on the same Pythons; installs Chromium if it is missing
	@$(PYTHON) -m tools.suite --ui $(if $(NEED_BOTH),--need-both)

check: ## lint, types, and spelling only
	@$(PYTHON) -m tools.suite --check-only

knowledge: ## write what knowledge/ comes to: props.conf, event types, tags, lookups, detections, and the catalogue
	@$(PYTHON) -m tools.suite --knowledge

docs: ## build the pages as a site in build/site; a dead link fails
	@$(PYTHON) -m tools.site

package: ## build dist/TA_falcon_event_streams-<version>.tgz and, beside it, its bill of materials (CycloneDX)
	@$(PYTHON) -m tools.package

fetch: ## get what `make package` needs into .cache, by hash; after that it needs no network
	@$(PYTHON) -m tools.package --fetch

lock: ## write requirements/*.txt from requirements/*.in: every package with version and hashes
	@$(PYTHON) -m tools.locks

fresh: ## run README's two commands on new Debian machines, as root and another user, with and without network (needs root)
	@$(PYTHON) -m tests.fresh $(if $(ONLY),--only "$(ONLY)")

audit: ## ask the package index for advisories about what ships (or ADVISORIES="files" of OSV records, or OSV=address)
	@$(PYTHON) -m tools.audit $(if $(ADVISORIES),--advisories $(ADVISORIES)) $(if $(OSV),--osv "$(OSV)")

restarts: ## the long proof: 200 stops and 60 kills over 20,000 events
	@$(PYTHON) -m tools.proof restarts

day: ## the long proof: six hours at 200 times the speed of time
	@$(PYTHON) -m tools.proof day

fuzz: ## the long proof: the model and the fuzzers with TIMES (10) times as many examples, from a SEED
	@$(PYTHON) -m tools.proof fuzz --times $(or $(TIMES),10) $(if $(SEED),--seed $(SEED))

faults: ## the long proof: every fault by name, each until nothing is missing (ONLY=text for some of them)
	@$(PYTHON) -m tools.proof faults --only "$(ONLY)"

defences: ## the long proof: remove each defence of docs/security.md in a copy; a test of its row must fail (ONLY=text)
	@$(PYTHON) -m tools.proof defences --only "$(ONLY)"

soak: ## the long proof: a million events, 300 kills, random faults (SEED=number to play one again, SHARE=0.05 for a part)
	@$(PYTHON) -m tools.proof soak $(if $(SEED),--seed $(SEED)) $(if $(SHARE),--share $(SHARE))

family: ## the long proof: 50 children come, go, come back, and fail, through kills (SEED=number, SHARE=0.1 for a part)
	@$(PYTHON) -m tools.proof family $(if $(SEED),--seed $(SEED)) $(if $(SHARE),--share $(SHARE))

standby: ## the long proof: one of two forwarders is lost in every way, the other takes its place
	@$(PYTHON) -m tools.proof standby

takeover: ## the long proof: an input of the vendor's add-on is taken over, and again with kills at random instants
	@$(PYTHON) -m tools.proof takeover

upgrade: ## the long proof: install this package over an older one, put the older one back, and again; nothing is read twice
	@$(PYTHON) -m tools.proof upgrade

nightly: ## run every long proof in turn, and print one table at the end; takes hours
	@$(PYTHON) -m tools.nightly $(if $(ONLY),--only "$(ONLY)")

bench: ## measure speed and memory: a table with targets, dist/bench.json (ONLY=text for a part, KEEP=1 writes docs/performance.md)
	@$(PYTHON) -m tools.bench --only "$(ONLY)" $(if $(KEEP),--keep)

real-splunk: ## play the scenes against a real Splunk in a container (SPLUNK=10.4, any tag of splunk/splunk); needs docker
	@$(PYTHON) -m tools.real_splunk $(or $(SPLUNK),10.4)

real-splunk-image: ## the long proof: run the kit's Dockerfile in a bare Debian; needs root and debootstrap
	@$(PYTHON) -m tools.proof real-splunk-image

format: ## format the code
	@$(PYTHON) -m tools.suite --format

clean: ## remove what was built, and the environments
	rm -rf .venv .cache build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find lib -mindepth 1 -maxdepth 1 ! -name requirements.txt -exec rm -rf {} +
