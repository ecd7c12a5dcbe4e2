"""States of pgx-minatar's games as those of the `minatar` package."""

import copy
import importlib
import itertools

import numpy as np


class Draws:
  """Random numbers that were drawn beforehand, in MinAtar's order."""

  def __init__(self, *draws):
    self._draws = list(draws)

  def rand(self, size=None):
    del size
    return self._draws.pop(0)

  def randint(self, *bounds, **more):
    del bounds, more
    return self._draws.pop(0)


def _rows(array, flags=(2,)):
  """Returns filled rows as lists; the columns of `flags` as booleans."""
  return [
    [bool(x) if i in flags else int(x) for i, x in enumerate(row)]
    for row in np.asarray(array)
    if row[1] != -1
  ]


def _asterix(game, s):
  game.entities = [
    None if row[0] == 99 else [*map(int, row[:2]), bool(row[2]), bool(row[3])]
    for row in np.asarray(s._entities)
  ]


def _seaquest(game, s):
  for name in ('f_bullets', 'e_bullets', 'e_fish', 'e_subs', 'divers'):
    setattr(game, name, _rows(getattr(s, f'_{name}')))


def _freeway(game, s):
  game.cars = [[int(x) for x in row] for row in np.asarray(s._cars)]


def _nothing(game, s):
  del game, s


_LISTS = {'asterix': _asterix, 'seaquest': _seaquest, 'freeway': _freeway}
_OWN = {
  'entities', 'f_bullets', 'e_bullets', 'e_fish', 'e_subs', 'divers', 'cars',
}  # fmt: skip


def original(name, state):
  """Returns MinAtar's game in the state of a program."""
  game = importlib.import_module(f'minatar.environments.{name}').Env()
  for field in vars(game).keys() - _OWN:
    theirs = getattr(state, f'_{field}', None)
    if theirs is not None and np.shape(theirs) != (0,):
      value = np.asarray(theirs)
      if field.endswith('_map'):
        value = value.astype(np.float64)
      setattr(game, field, value.item() if value.ndim == 0 else value.copy())
  _LISTS.get(name, _nothing)(game, state)
  return game


def told(game):
  """Returns what a game will do next depends on."""
  hidden = {'random', 'channels', 'action_map', 'ramping', 'shot_timer_'}
  state = {k: v for k, v in vars(game).items() if k not in hidden}
  return {k: np.asarray(v).tolist() if isinstance(v, np.ndarray) else v
          for k, v in state.items()}  # fmt: skip


def candidates(name, before, after):
  """Yields all random numbers that MinAtar may have drawn in a step."""
  coins = (0.0, 0.9)
  if name == 'asterix' and before.spawn_timer == 0:
    free = max(sum(x is None for x in before.entities), 1)
    return itertools.product(coins, coins, range(free))
  if name == 'freeway':
    speeds = np.array([car[3] for car in after.cars])
    return [(np.abs(speeds), np.where(speeds > 0, 0.9, 0.1))]
  if name == 'seaquest':
    enemy = diver = [()]
    if before.e_spawn_timer == 0:
      enemy = list(itertools.product(coins, coins, range(1, 9)))
    if before.d_spawn_timer == 0:
      diver = list(itertools.product(coins, range(1, 9)))
    return [(*a, *b) for a in enemy for b in diver]
  return [()]


def successors(name, before, after, action):
  """Yields what MinAtar may make of a state: game, reward, whether it ends."""
  for draws in candidates(name, before, after):
    game = copy.deepcopy(before)
    game.random = Draws(*draws)
    reward, ends = game.act(action)
    yield game, reward, ends


def revived(name, state, rng):
  """Returns a state that goes on after its end, with what else it needs."""
  changes = {'_terminal': np.bool_(False), 'terminated': np.bool_(False)}
  if name == 'seaquest':
    changes |= {
      '_oxygen': np.int32(rng.integers(1, 201)),
      '_diver_count': np.int32(rng.integers(-1, 7)),
    }
  if name == 'breakout':  # The ball has left, and comes back.
    changes |= {'_ball_y': np.int32(8), '_ball_dir': np.int32(rng.integers(2))}
  if name == 'freeway':
    changes['_terminate_timer'] = np.int32(rng.integers(1, 2500))
  return state.replace(**changes)
