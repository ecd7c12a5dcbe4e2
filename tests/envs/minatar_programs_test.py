"""pgx's MinAtar against the original, step by step."""

import functools
import importlib
import sys

import jax
import numpy as np
import pytest

from reincarnating_rl.envs import minatar_games, minatar_programs
from reincarnating_rl.envs.minatar_games import GAMES, MinAtarGame
from reincarnating_rl.support.errors import UserError
from tests.envs import minatar_oracle as oracle

BREAKOUT_AND_MORE = [
  name if name == 'breakout' else pytest.param(name, marks=pytest.mark.soak)
  for name in GAMES
]


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


@pytest.mark.parametrize(
  ('name', 'steps'),
  [
    ('breakout', 300),
    *(pytest.param(name, 6000, marks=pytest.mark.soak) for name in GAMES),
  ],
)
def test_steps_are_those_of_the_original(name, steps):
  ends, ramps = compare(name, steps, 0, lives=steps)
  assert ends > 0
  # As far as difficulty rises, and further than one who plays comes.
  if steps > 300:
    assert ramps >= {'asterix': 9, 'seaquest': 19, 'space_invaders': 4}.get(
      name, 0
    )


@pytest.mark.soak
@pytest.mark.parametrize('name', GAMES)
def test_whole_episodes_are_those_of_the_original(name):
  compare(name, 3000, 1)


@pytest.mark.soak
@pytest.mark.parametrize('name', ['_remove_out_of_bound', '_surface'])
def test_each_correction_is_needed(name, monkeypatch):
  module = minatar_programs._module('seaquest')
  theirs = importlib.import_module('pgx_minatar.seaquest')
  assert getattr(theirs, name) is not getattr(module, name)
  monkeypatch.setattr(module, name, getattr(theirs, name))
  played.cache_clear()
  with pytest.raises(AssertionError):
    for seed in range(4):
      compare('seaquest', 6000, seed, lives=6000)
  played.cache_clear()


@pytest.mark.parametrize('name', BREAKOUT_AND_MORE)
def test_facts_are_those_of_the_host_game(name):
  game = minatar_games.create_minatar_game(
    name, num_vector_environments=3, max_steps_per_episode=77
  )
  host, program = game.create_environment(), game.program()
  assert program.observation_shape == host.observation_space.shape
  assert program.observation_dtype == host.observation_space.dtype
  assert program.num_actions == host.actions.number
  assert (program.lanes, program.max_steps) == (3, 77)


@pytest.mark.soak
@pytest.mark.parametrize('is_corrected', [True, False])
def test_a_submarine_shoots_as_it_is_destroyed(is_corrected, monkeypatch):
  module = minatar_programs._module('seaquest')
  if not is_corrected:
    theirs = importlib.import_module('pgx_minatar.seaquest')
    monkeypatch.setattr(module, '_update_enemy_subs', theirs._update_enemy_subs)
  played.cache_clear()
  _, step, init = played('seaquest')
  key = jax.random.PRNGKey(0)
  state = init(key)
  # It moves onto a bullet, and its time to shoot has come.
  state = state.replace(
    _sub_y=jax.numpy.int32(8),
    _f_bullets=state._f_bullets.at[0].set(jax.numpy.array([6, 3, 0])),
    _e_subs=state._e_subs.at[0].set(jax.numpy.array([4, 3, 1, 0, 0])),
  )
  before = oracle.original('seaquest', state)
  state, outcome = step(state, 0, key)
  after = oracle.original('seaquest', state)
  ((game, reward, _),) = oracle.successors('seaquest', before, after, 0)
  assert reward == outcome.reward == 1 and game.e_bullets == [[6, 3, True]]
  assert (oracle.told(game) == oracle.told(after)) == is_corrected
  played.cache_clear()


def test_actions_stick_one_time_in_ten():
  program, step, init = played('breakout', sticky=True)
  key = jax.random.PRNGKey(0)
  state = init(key)
  # Half of the coins say LEFT after LEFT, and cannot tell.
  keys = jax.random.split(key, 4000)
  actions = np.arange(4000) % 2 + 1

  def body(last, told):
    action, key = told
    moved, _ = program.step(state.replace(_last_action=last), action, key)
    return moved._last_action, moved._last_action

  meant = np.array([0, 1, 3])[actions]
  _, taken = jax.jit(lambda *x: jax.lax.scan(body, *x))(
    jax.numpy.int32(0), (actions, keys)
  )
  stuck = np.asarray(taken) != meant
  # What sticks after an action that stuck is the action that was meant.
  assert 0.07 < stuck.mean() < 0.11


@pytest.mark.soak
def test_freeway_times_out_and_others_end():
  program, step, init = played('freeway')
  state = init(jax.random.PRNGKey(0))
  for t in range(2501):
    state, outcome = step(state, 0, jax.random.PRNGKey(t))
    assert not outcome.terminal
  assert outcome.truncated


@pytest.mark.soak
def test_asterix_draws_as_the_original_does():
  program, step, init = played('asterix')
  seen = []
  for seed in range(400):
    key = jax.random.PRNGKey(seed)
    state = init(key).replace(_spawn_timer=jax.numpy.int32(0))
    state, _ = step(state, 0, key)
    (row,) = [r for r in np.asarray(state._entities) if r[0] != 99]
    seen.append([row[1], row[2], row[3]])
  slots, right, gold = np.array(seen).T
  assert abs(right.mean() - 1 / 2) < 0.08 and abs(gold.mean() - 1 / 3) < 0.08
  assert set(slots) == set(range(1, 9))


def test_without_the_package_says_what_to_install(monkeypatch):
  monkeypatch.setitem(sys.modules, 'pgx', None)
  minatar_programs._module.cache_clear()
  with pytest.raises(UserError, match='minatar-jax'):
    minatar_programs.create('breakout', sticky_actions=True, max_steps=9)
