# Each target makes .venv from the pinned versions if it is not there yet.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# The tests compare with TensorFlow. Its builds without CUDA are for x86 alone.
TENSORFLOW := $(if $(filter x86_64,$(shell uname -m)),./tools/no_tensorflow[cpu],tensorflow===2.21.0)
QUICK_DIR ?= quick_run
DEMO_DIR ?= demo_run
PVRL_DIR ?= pvrl_runs
BALLOON_DIR ?= balloon_run
CONTROL_DIR ?= control_run

.PHONY: quick demo pvrl balloon control report docs test soak lint format bench clean

.venv/.installed: setup.py constraints.txt reincarnating_rl/__init__.py
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(PIP) ./tools/no_tensorflow --editable '.[balloon,box2d,control,minatar-jax,video]'
	@# Its labmaze has no wheel from Python 3.13 on, and no use here: setup.py.
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || $(PIP) --no-deps dm_control
	touch $@

.venv/.dev: .venv/.installed
	$(PIP) '$(TENSORFLOW)' --editable '.[dev]'
	touch $@

quick: .venv/.installed  ## A student passes its teacher, in three minutes.
	$(BIN)/python -m reincarnating_rl.train --agent qdagger_dqn \
	  --gin_files configs/quick.gin --base_dir $(QUICK_DIR) \
	  --teacher_checkpoint_dir teacher_ckpts/MinAtar/breakout/1
	$(BIN)/python -m reincarnating_rl.video teacher_ckpts/MinAtar/breakout/1 \
	  $(QUICK_DIR) --game MinAtar/breakout --out $(QUICK_DIR)/video.mp4

demo: .venv/.installed  ## A student passes its teacher in Atari's Freeway.
	$(BIN)/python -m reincarnating_rl.train --agent qdagger_dqn \
	  --gin_files configs/demo.gin --base_dir $(DEMO_DIR) \
	  --teacher_checkpoint_dir teacher_ckpts/Freeway/1
	$(BIN)/python -m reincarnating_rl.video teacher_ckpts/Freeway/1 $(DEMO_DIR) \
	  --game Freeway --episodes 5 --out $(DEMO_DIR)/video.mp4

# make pvrl PVRL="--games breakout --seeds 1 --variants qdagger,jsrl"
pvrl: .venv/.installed  ## Compare all methods on MinAtar, in hours; resumes.
	$(BIN)/python -m reincarnating_rl.study paper --out $(PVRL_DIR) $(PVRL)

balloon: .venv/.installed  ## Reincarnate a balloon's pilot, in minutes; resumes.
	$(BIN)/python -m reincarnating_rl.train --agent qdagger_quantile \
	  --gin_files configs/balloon/demo.gin --base_dir $(BALLOON_DIR)/student \
	  --teacher_agent perciatelli44
	$(BIN)/python -m reincarnating_rl.balloon evaluate perciatelli44 \
	  station_seeker random_walk $(BALLOON_DIR)/student --seeds 4 \
	  --out $(BALLOON_DIR)/flights
	$(BIN)/python -m reincarnating_rl.balloon flight perciatelli44 \
	  station_seeker random_walk $(BALLOON_DIR)/student --seed 0 \
	  --results $(BALLOON_DIR)/flights --out $(BALLOON_DIR)/flight.png

control: .venv/.installed  ## A student walks better than its teacher.
	$(BIN)/python -m reincarnating_rl.train --agent qdagger_d4pg \
	  --gin_files configs/control/demo.gin --base_dir $(CONTROL_DIR) \
	  --teacher_checkpoint_dir teacher_ckpts/dm_control/walker-walk/td3
	$(BIN)/python -m reincarnating_rl.video \
	  teacher_ckpts/dm_control/walker-walk/td3 $(CONTROL_DIR) \
	  --game dm_control/walker-walk --out $(CONTROL_DIR)/video.mp4

report: .venv/.installed  ## Make the documents' tables and pictures again.
	$(BIN)/python -m reincarnating_rl.report README.md docs/results.md

docs: .venv/.docs  ## The site, site/index.html, from docs/; without a network.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict  # --quiet would let warnings pass.

.venv/.docs: .venv/.installed
	$(PIP) --editable '.[docs]'
	touch $@

test: .venv/.dev  ## All tests, on two processes.
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

soak: .venv/.dev  ## Random inputs, kills at any moment, every configuration.
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m soak

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev  ## Ratios beside the limit and beside Dopamine.
	$(BIN)/python benchmarks/pretraining.py --student dqn
	$(BIN)/python benchmarks/pretraining.py --student rainbow
	$(BIN)/python benchmarks/online.py
	$(BIN)/python benchmarks/impala.py
	$(BIN)/python benchmarks/networks.py
	$(BIN)/python benchmarks/convolutions.py
	$(BIN)/python benchmarks/lanes.py
	$(BIN)/python benchmarks/small_games.py
	$(BIN)/python benchmarks/many_seeds.py
	$(BIN)/python benchmarks/control.py
	$(BIN)/python benchmarks/replay.py --frames 100000
	$(BIN)/python benchmarks/prioritized.py
	$(BIN)/python benchmarks/studies.py
	$(BIN)/python benchmarks/legacy.py --frames 100000

clean:
	rm -rf .venv build dist site *.egg-info
