# Two commands for newcomers: `make demo`, `make test`. Each makes .venv and installs what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ROOMS := maskgate mask_node hub training tests
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: help demo test check format docs lock app heal test-training test-tflite test-devices score evaluate bench-eyes \
	bench-node bench-hub bench-web bench-migrate bench-safe bench-notices pictures idle-node soak-node clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | sed 's/|/\t/' | expand -t 18

demo: $(VENV)/.ready  ## the whole line on this machine: [ONCE=1] [SOURCE=0|path|url] [PORT=8080] [FOLDER=var/demo]
	@$(BIN)/maskgate demo $(if $(SOURCE),--source '$(SOURCE)') $(if $(ONCE),--once) $(if $(PORT),--port $(PORT)) $(if $(FOLDER),--folder '$(FOLDER)')

test: $(VENV)/.ready  ## all tests that this machine can run, one more at once than it has processors, for many wait: [JOBS=n]
	$(BIN)/pytest -n $(or $(JOBS),$(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')) --dist loadfile

check: $(VENV)/.ready  ## style, types, import contracts
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready  ## bring the code into shape
	$(BIN)/ruff format $(ROOMS)
	$(BIN)/ruff check --fix $(ROOMS)

docs: $(VENV)/.ready  ## what is generated: docs/topics.md, deploy/mosquitto/acl, deploy/config/hub.schema.json
	$(BIN)/maskgate topics > docs/topics.md
	$(BIN)/maskgate topics --format acl > deploy/mosquitto/acl
	$(BIN)/maskgate hub schema > deploy/config/hub.schema.json

lock:  ## after a change of pyproject.toml: pin everything, with hashes
	$(BIN)/uv lock --quiet --upgrade
	$(call pin,requirements.txt,--extra dev --extra demo --extra relay --extra node --extra hub)
	$(call pin,requirements-training.txt,--extra dev --extra demo --extra relay --extra node --extra hub --extra training)
	$(call pin,requirements-tflite.txt,--extra test-tflite)
	$(call pin,deploy/requirements-hub.txt,--extra hub)
	$(call pin,deploy/requirements-node.txt,--extra node)
	rm -f uv.lock

app: $(VENV)/.ready  ## the hub as an app of Home Assistant OS, to be copied into its addons folder: var/app/maskgate_hub
	rm -rf var/app && mkdir -p var/app && cp -R homeassistant/app/maskgate_hub var/app/
	cp deploy/requirements-hub.txt var/app/maskgate_hub/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir var/app/maskgate_hub .

heal: $(VENV)/.ready  ## 100 restarts and 100 timings in front of a real Home Assistant [HEAL_S=12]
	MASKGATE_HA_RESTARTS=100 MASKGATE_HA_RUNS=100 MASKGATE_HA_HEAL_S=$(or $(HEAL_S),12) MASKGATE_HA_OWN_S=10 \
		$(BIN)/pytest -s tests/system/homeassistant/test_restarts.py tests/system/homeassistant/test_line.py \
			tests/system/homeassistant/test_entry_lock.py

test-training: $(VENV)-training/.ready  ## brings TensorFlow (2 GB) and tests training
	$(VENV)-training/bin/pytest -n $(or $(JOBS),auto) --dist loadfile tests/training

test-tflite: $(VENV)-tflite/.ready  ## brings tflite-runtime (Python 3.11) and tests the board with it: [PYTHON=python3.11]
	$(VENV)-tflite/bin/pytest tests/mask_node/vision tests/mask_node/test_program.py

test-devices: $(VENV)/.ready $(VENV)-esphome/.ready  ## brings esphome and tries the devices of homeassistant/esphome with it
	MASKGATE_ESPHOME=$(abspath $(VENV)-esphome/bin/esphome) $(BIN)/pytest tests/homeassistant/test_esphome.py

evaluate: $(VENV)/.ready  ## all about the models' quality: [DATA=] [SPLITS="test val webcam"] [PEER=.tflite] [FLOAT=folder] [CHECK=1] [REPORT=0]
	@$(BIN)/maskgate train evaluate --data $(or $(DATA),../shared/datasets) $(addprefix --split ,$(SPLITS)) \
		$(if $(PEER),--peer '$(PEER)') $(if $(FLOAT),--float-models '$(FLOAT)') $(if $(CHECK),--check) \
		$(if $(filter 0,$(REPORT)),--no-report)

bench-eyes: $(VENV)/.ready  ## the models' speed beside a peer's: [DATA=] [PEER=.tflite] [THREADS=1,2]
	@$(BIN)/maskgate train benchmark --data $(or $(DATA),../shared/datasets) --threads $(or $(THREADS),1) \
		$(if $(PEER),--peer '$(PEER)')

bench-node: $(VENV)/.ready  ## each stage of the node beside the bare models: [PEER=.tflite] [THREADS=1,2] [FACES=0,1,4] [ROUNDS=60]
	@$(BIN)/maskgate node trial bench $(if $(THREADS),--threads '$(THREADS)') $(if $(FACES),--faces '$(FACES)') \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PEER),--peer '$(PEER)')

bench-hub: $(VENV)/.ready  ## a hub beside its broker and its store: [VERDICTS=6000] [RATE=500] [NODES=1,10,100] [DATABASE=postgresql://...]
	@$(BIN)/python -m hub.bench $(if $(VERDICTS),--verdicts $(VERDICTS)) $(if $(RATE),--rate $(RATE)) \
		$(if $(NODES),--nodes '$(NODES)') $(if $(DATABASE),--database '$(DATABASE)')

bench-web: $(VENV)/.ready  ## each page and call of the hub over many stored passages: [PASSAGES=1000000] [ROUNDS=50] [STORE=postgresql://...]
	@$(BIN)/python -m tests.hub.web.bench --passages $(or $(PASSAGES),1000000) --rounds $(or $(ROUNDS),50) \
		$(if $(STORE),--store '$(STORE)')

bench-safe: $(VENV)/.ready  ## from each kind of fault to the safe state, as the lock sees it: [TRIALS=20] [SITES=1] [ONLY=camera]
	@$(BIN)/python -m tests.system.safe.bench --trials $(or $(TRIALS),20) --sites $(or $(SITES),1) \
		$(if $(ONLY),--only '$(ONLY)')

bench-migrate: $(VENV)/.ready  ## how long an older program's store takes to be brought up: [PASSAGES=1000000] [STEPS=0001,0005]
	@$(BIN)/python -m tests.hub.store.bench --passages $(or $(PASSAGES),1000000) $(if $(STEPS),--steps '$(STEPS)')

pictures: $(VENV)/.ready  ## the pictures in docs/building-manager.md, by the console's tests in Chromium
	$(BIN)/pytest -q tests/hub/web/console -k every_page_fits
	@$(BIN)/python -m tests.hub.web.console.pictures

idle-node: $(VENV)/.ready  ## the whole node before an empty door: processor time by thread, fails above 5 % [COUNT_S=30]
	@$(BIN)/maskgate node trial idle --seconds $(or $(COUNT_S),30)

soak-node: $(VENV)/.ready  ## a day of frames in fast time: [CLIPS=../shared/datasets/videos/*.mp4] [FRAMES=100000]
	@$(BIN)/maskgate node trial soak --frames $(or $(FRAMES),100000) $(or $(CLIPS),../shared/datasets/videos/*.mp4)

bench-notices: $(VENV)/.ready  ## what a hung mail server costs a decision: [COUNT=300]
	@$(BIN)/python -m hub.notices.bench $(or $(COUNT),300)

score: $(VENV)/.ready  ## judge the models on DATA (../shared/datasets by default)
	$(BIN)/maskgate train score --data $(or $(DATA),../shared/datasets)

clean:  ## remove what the commands made
	rm -rf $(VENV) $(VENV)-training $(VENV)-tflite $(VENV)-esphome var runs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.ready: requirements.txt pyproject.toml
	$(call install,$(VENV),requirements.txt)

$(VENV)-training/.ready: requirements-training.txt pyproject.toml
	$(call install,$(VENV)-training,requirements-training.txt)

$(VENV)-tflite/.ready: requirements-tflite.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "tflite-runtime is there for Python 3.11 alone: make test-tflite PYTHON=python3.11" >&2; exit 1; }
	$(call install,$(VENV)-tflite,requirements-tflite.txt)

# With an environment of its own: it pins much of what we have newer.
$(VENV)-esphome/.ready:
	$(PYTHON) -m venv $(VENV)-esphome
	$(VENV)-esphome/bin/pip install --quiet --disable-pip-version-check 'esphome>=2026.6,<2027'
	touch $@

# $(1): the file, $(2): what for. No registry's address comes into it.
pin = $(BIN)/uv export --quiet --frozen --no-emit-project --no-header --no-annotate --format requirements-txt $(2) -o $(1)

# $(1): where to, $(2): the pinned requirements
define install
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "maskgate needs Python 3.11 or newer; name one with PYTHON=, for example: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12" >&2; exit 1; }
@echo "installing into $(1) (once, a few minutes)" >&2
@$(PYTHON) -m venv $(1) \
	|| { echo "this Python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2) \
	&& $(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . \
	|| { echo "the packages could not be installed (see above). Is there a network? Run the same command again to go on." >&2; exit 1; }
@touch $(1)/.ready
endef
