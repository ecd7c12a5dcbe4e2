"""Run directories as a run writes them, with made-up learning curves."""

import json
import pathlib

import numpy as np

RANDOM = {'Asterix': 210.0, 'Breakout': 1.7, 'Pong': -20.7}
TEACHER = {'Asterix': 3200.0, 'Breakout': 82.0, 'Pong': 12.0}
# Normalised score at the end of the offline phase (None: there is none), and
# at the end.
METHODS = {
  'qdagger_dqn': (0.82, 1.14),
  'kickstarting': (None, 0.7),
  'dqn': (None, 0.38),
}
PLANNED = {'PRETRAIN': 4, 'ONLINE': 10}


def score(mean, *, std=2.0, episodes=30):
  """Returns the returns of an evaluation as a run writes them."""
  stderr = None if episodes < 2 else std / episodes**0.5
  return {
    'mean': mean,
    'std': None if episodes < 2 else std,
    'stderr': stderr,
    'num_episodes': episodes,
    'min': mean - 2 * std,
    'max': mean + 2 * std,
  }


def row(
  mean, *, steps=0, offline=0, online=0, phase='ONLINE', iteration=1, **more
):
  """Returns a row of `summary.json`."""
  return {
    'iteration': iteration,
    'phase': phase,
    'normalized': None,
    'score': score(mean),
    'teacher_steps': 1_000_000 if offline else 0,
    'seconds': 60.0 * iteration,
    'training_steps': steps,
    'pretraining_updates': offline,
    'online_updates': online,
    'distill_coefficient': 1.0,
    **more,
  }


def write(
  path,
  rows,
  *,
  random=0.0,
  teacher=10.0,
  random_source='published',
  lineage=None,
  **more,
):
  """Writes a run; a teacher of None is none.

  Args:
    path: of the run.
    rows: of `summary.json`.
    random: mean return of the random policy.
    teacher: mean return of the teacher, or a whole score.
    random_source: of `summary.json`.
    lineage: fields that differ from the usual ones; None removes one.
    **more: fields of `summary.json` that differ.

  Returns:
    The path, as a text.
  """
  path = pathlib.Path(path)
  path.mkdir(parents=True, exist_ok=True)
  has_teacher = teacher is not None
  if isinstance(teacher, float):
    teacher = score(teacher)
  summary = {
    'random': random if has_teacher else None,
    'random_source': random_source if has_teacher else '',
    'teacher': teacher,
    'rows': rows,
    'seconds': {'PRETRAIN': 100.0, 'ONLINE': 900.0, 'EVALUATION': 50.0},
    'teacher_steps': 0,
    'teacher_data': None,
  } | more
  told = {
    'agent': 'QDaggerDQNAgent',
    'started_as': {'agent': 'qdagger_dqn', 'command': 'python -m ...'},
    'game': 'Pong',
    'seed': 1,
    'planned': None,
    'teacher': {'fingerprint': 'abc', 'parent': None} if has_teacher else None,
    'spent': {},
    'gin': '',
    'versions': {},
    'backend': 'cpu',
  } | (lineage or {})
  told = {name: value for name, value in told.items() if value is not None}
  (path / 'summary.json').write_text(json.dumps(summary))
  (path / 'lineage.json').write_text(json.dumps(told))
  return str(path)


def write_curve(root, game, seed, online, *, offline=(), method='m', every=100):
  """Writes `METHOD/GAME/SEED` by hand.

  Random is 0 and the teacher 10; steps overshoot by the seed.

  Args:
    root: of it all.
    game: name.
    seed: of the run.
    online: mean returns after 100 steps, 200, ...
    offline: mean returns after 10 updates, 20, ...
    method: name.
    every: steps between online evaluations.
  """
  updates = [10 * (i + 1) for i in range(len(offline))]
  rows = [
    row(mean, offline=n, phase='PRETRAIN')
    for mean, n in zip(offline, updates, strict=True)
  ]
  rows += [
    row(
      mean,
      steps=every * (i + 1) + seed,
      offline=updates[-1] if updates else 0,
      online=25 * (i + 1),
    )
    for i, mean in enumerate(online)
  ]
  write(
    pathlib.Path(root) / method / game / str(seed),
    rows,
    lineage={'game': game, 'seed': seed},
  )


def plausible_rows(rng, game, offline_score, final_score):
  """Returns the rows of a whole run."""
  low, high = RANDOM[game], TEACHER[game]
  spread = rng.normal(1.0, 0.1)
  rows, iteration = [], 1

  def add(x, **settings):
    nonlocal iteration
    iteration += 1
    mean = low + (high - low) * (spread * x + rng.normal(0.0, 0.03))
    rows.append(row(mean, iteration=iteration, **settings))

  offline = 0
  for i in range(PLANNED['PRETRAIN'] if offline_score is not None else 0):
    offline = 100_000 * (i + 1)
    add(offline_score * (1 - 0.4 ** (i + 1)), offline=offline, phase='PRETRAIN')
  start = offline_score or 0.0
  for i in range(PLANNED['ONLINE']):
    steps = int(250_000 * (i + 1) + rng.integers(0, 2_000))
    progress = 1 - np.exp(-0.4 * (i + 1))
    x = start + (final_score - start) * progress
    add(x, steps=steps, offline=offline, online=steps // 4)
  return rows


def lineage_of(method, game, seed):
  """Returns what a run of a comparison tells of itself."""
  command = (
    f'python -m reincarnating_rl.train --agent {method} --gin_files '
    f'configs/{method}.gin --base_dir runs/{method}/{game}/{seed} '
    f'--run_number {seed} --gin_bindings '
    f'\'create_atari_environment.game_name="{game}"\''
  )
  grandparent = {
    'agent': 'ReincarnatingDQNAgent',
    'game': game,
    'seed': 7,
    'spent': {'training_steps': 1_000_000, 'online_updates': 245_000},
    'teacher': None,
  }
  return {
    'started_as': {'agent': method, 'command': command},
    'agent': {'dqn': 'ReincarnatingDQNAgent'}.get(method, 'QDaggerDQNAgent'),
    'game': game,
    'seed': seed,
    'teacher': {
      'fingerprint': f'{game.encode().hex()}0123456789abcdef',
      'agent': 'dqn',
      'network': 'NatureDQNNetwork',
      'checkpoint': f'teacher_ckpts/{game}/1/checkpoints/ckpt.399.safetensors',
      'checkpoint_number': 399,
      'trained_on': game,
      'temperature': 0.1,
      'parent': grandparent,
    },
    'spent': {
      'teacher_steps': 1_000_000,
      'pretraining_updates': 400_000,
      'training_steps': 2_500_000,
      'online_updates': 620_000,
    },
    'gin': f"create_atari_environment.game_name = '{game}'\n"
    'Runner.training_steps = 250000\n',
    'versions': {'reincarnating_rl': '0.1.0', 'jax': '0.10.2'},
    'python': '3.11.7',
  }


def write_comparison(root, methods=METHODS, games=tuple(RANDOM), seeds=3):
  """Writes `METHOD/GAME/SEED` directories.

  Args:
    root: of them all.
    methods: as `METHODS`.
    games: names.
    seeds: how many.

  Returns:
    The root, as a text.
  """
  for m, (method, ends) in enumerate(methods.items()):
    for g, game in enumerate(games):
      for seed in range(1, seeds + 1):
        rng = np.random.default_rng((m, g, seed))
        write(
          pathlib.Path(root, method, game, str(seed)),
          plausible_rows(rng, game, *ends),
          random=RANDOM[game],
          teacher=TEACHER[game] * (1.0 + 0.01 * seed),
          lineage=lineage_of(method, game, seed)
          | {'planned': PLANNED if ends[0] else {'ONLINE': PLANNED['ONLINE']}},
          teacher_steps=1_000_000,
        )
  return str(root)
