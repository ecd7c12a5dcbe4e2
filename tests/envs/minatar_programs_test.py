"""pgx's MinAtar against the original, step by step."""

import functools

import jax
import numpy as np

from reincarnating_rl.envs import minatar_programs
from reincarnating_rl.envs.minatar_games import MinAtarGame
from tests.envs import minatar_oracle as oracle


@functools.cache
def played(name, sticky=False):
  program = minatar_programs.create(name, sticky_actions=sticky, max_steps=5000)
  return program, jax.jit(program.step), jax.jit(program.init)


def compare(name, steps, seed, *, lives=0):
  """Plays at random; as often as `lives` an episode goes on after its end."""
  program, step, init = played(name)
  meanings = [int(a) for a in MinAtarGame(name)._actions]
  key = jax.random.PRNGKey(seed)
  state, rng, ends, left = init(key), np.random.default_rng(seed), 0, lives
  action, ramps = 0, 0
  for t in range(steps):
    # As one who plays: an action lasts for a while, and chickens go up.
    if rng.random() < 0.5:
      action = int(rng.integers(program.num_actions))
    if name == 'freeway':
      action = int(rng.choice(program.num_actions, p=[0.1, 0.85, 0.05]))
    before = oracle.original(name, state)
    state, outcome = step(state, action, jax.random.fold_in(key, t))
    after = oracle.original(name, state)
    ramps = max(ramps, int(getattr(state, '_ramp_index', 0)))
    over = bool(outcome.terminal | outcome.truncated)
    after.terminal = over
    assert any(
      (reward, over_there) == (float(outcome.reward), over)
      and oracle.told(game) == oracle.told(after)
      and np.array_equal(game.state(), outcome.observation)
      for game, reward, over_there in oracle.successors(
        name, before, after, meanings[action]
      )
    ), (
      name,
      t,
      action,
      oracle.told(before),
      oracle.told(after),
      outcome.reward,
    )
    if not over:
      continue
    ends, left = ends + 1, left - 1
    if left >= 0:
      state = oracle.revived(name, state, rng)
    else:
      state, left = init(jax.random.fold_in(key, steps + t)), lives
  return ends, ramps
