# Each target makes .venv from the pinned versions if it is not there yet.
PYTHON ?= python3
BIN := .venv/bin
DEMO_DIR ?= demo_run
PVRL_DIR ?= pvrl_runs
BALLOON_DIR ?= balloon_run

.PHONY: demo pvrl balloon test soak lint format bench clean

.venv/.installed: setup.py constraints.txt reincarnating_rl/__init__.py
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: .venv/.installed  ## Reincarnate the bundled Pong teacher, in minutes.
	$(BIN)/python -m reincarnating_rl.train --agent qdagger_dqn \
	  --gin_files configs/demo.gin --base_dir $(DEMO_DIR) \
	  --teacher_checkpoint_dir teacher_ckpts/Pong/1

# make pvrl PVRL="--games breakout --seeds 1 --methods qdagger,jsrl"
pvrl: .venv/.installed  ## Compare all methods on MinAtar, in hours; resumes.
	$(BIN)/python -m reincarnating_rl.pvrl --out $(PVRL_DIR) $(PVRL)

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

test: .venv/.installed  ## All tests, on two processes.
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

soak: .venv/.installed  ## Random inputs, kills at any moment, every configuration.
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m soak

lint: .venv/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: .venv/.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.installed  ## Ratios beside the limit and beside Dopamine.
	$(BIN)/python benchmarks/pretraining.py --student dqn
	$(BIN)/python benchmarks/pretraining.py --student rainbow
	$(BIN)/python benchmarks/online.py
	$(BIN)/python benchmarks/small_games.py
	$(BIN)/python benchmarks/many_seeds.py
	$(BIN)/python benchmarks/replay.py --frames 100000
	$(BIN)/python benchmarks/prioritized.py
	$(BIN)/python benchmarks/legacy.py --frames 100000

clean:
	rm -rf .venv build dist *.egg-info
