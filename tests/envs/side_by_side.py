"""Episodes that are played alone, and the same ones side by side."""

import numpy as np

from reincarnating_rl.learner.actions import Discrete


def _action(seed, step, actions):
  generator = np.random.default_rng((seed, step))
  if isinstance(actions, Discrete):
    return int(generator.integers(actions.number))
  return generator.uniform(-1.0, 1.0, actions.size).astype(np.float32)


def play_alone(environment, seed, max_steps):
  """One episode as a list of (observation, reward, terminal, truncated)."""
  record = [(environment.reset(seed), 0.0, False, False)]
  for step in range(max_steps):
    action = _action(seed, step, environment.actions)
    observation, reward, terminal, _ = environment.step(action)
    record.append((observation, reward, terminal, environment.truncated))
    if environment.game_over:
      break
  return record


def play_side_by_side(environment, schedule):
  """Plays `schedule[lane]`, a list of (seed, max_steps), in every lane."""
  left = [list(episodes) for episodes in schedule]
  playing, records = {}, {}
  while any(left) or playing:
    opening = [i for i in range(len(left)) if i not in playing and left[i]]
    if opening:
      for lane in opening:
        playing[lane] = left[lane].pop(0)
      seeds = [playing[lane][0] for lane in opening]
      for seed, observation in zip(
        seeds, environment.reset(opening, seeds), strict=True
      ):
        records[seed] = [(observation, 0.0, False, False)]
      # Right hints in the wrong order, and one that never comes true.
      environment.prepare([999, *(e[0][0] for e in left[::-1] if e)])
    lanes = sorted(playing, reverse=True)  # Any order will do.
    seeds = [playing[lane][0] for lane in lanes]
    actions = [
      _action(seed, len(records[seed]) - 1, environment.actions)
      for seed in seeds
    ]
    steps = zip(*environment.step(lanes, actions)[:4], strict=True)
    for lane, seed, step in zip(lanes, seeds, steps, strict=True):
      records[seed].append(step)
      ended = step[2] or step[3]
      if ended or len(records[seed]) > playing[lane][1]:
        del playing[lane]
  return records


def assert_same(record, expected):
  """Compares two episodes, step by step."""
  assert len(record) == len(expected)
  for step, expected_step in zip(record, expected, strict=True):
    np.testing.assert_array_equal(step[0], expected_step[0])
    assert tuple(step[1:]) == tuple(expected_step[1:])
