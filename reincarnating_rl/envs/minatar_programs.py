"""MinAtar's games as JAX programs: those of pgx-minatar, mended.

Steps, rewards, ends and observations are those of the `minatar` package. Where
pgx-minatar 0.5.1 departs from it, this file corrects it; all is in Seaquest.
"""

import functools
import importlib
import importlib.util
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.envs.minatar_games import STICKINESS
from reincarnating_rl.envs.programs import GameProgram, Outcome
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support import errors

_EMPTY = -1  # In a row of Seaquest that holds nothing.
_SHOT_INTERVAL = 10  # Of Seaquest's submarines.
_LEAST_MOVE_INTERVAL = 2  # Of Seaquest's enemies.


def create(
  game_name: str, *, sticky_actions: bool, max_steps: int, lanes: int = 16
) -> GameProgram:
  """Makes the program of a game.

  Args:
    game_name: in snake_case, one that MinAtar has.
    sticky_actions: repeat the action before with probability 0.1.
    max_steps: where a time-out ends an episode.
    lanes: episodes played side by side in evaluation.

  Raises:
    UserError: pgx-minatar is not installed.
  """
  game = _class(_module(game_name))(
    use_minimal_action_set=True,
    sticky_action_prob=STICKINESS if sticky_actions else 0.0,
  )
  # No state shows Freeway's clock, which alone ends it: a time-out.
  ends_by_clock = game_name == 'freeway'
  suffocates = game_name == 'seaquest'

  def observe(state: Any) -> Array:
    if suffocates:  # It shows a gauge that is full where the air has run out.
      state = state.replace(_oxygen=jnp.maximum(state._oxygen, 0))
    return game.observe(state).astype(jnp.uint8)

  def step(state: Any, action: Array, key: Array) -> tuple[Any, Outcome]:
    out_of_air = state._oxygen <= 0 if suffocates else False
    # Not `game.step`: it goes on as if nothing was, once an episode is over.
    state = game._step(state, action, key)
    over = state.terminated | out_of_air
    return state, Outcome(
      observation=observe(state),
      reward=state.rewards[0].astype(jnp.float32),
      terminal=over & (not ends_by_clock),
      truncated=over & ends_by_clock,
    )

  return GameProgram(
    init=game.init,
    observe=observe,
    step=step,
    observation_shape=tuple(game.observation_shape),
    observation_dtype=np.dtype(np.uint8),
    num_actions=game.num_actions,
    is_binary=True,
    max_steps=max_steps,
    lanes=lanes,
  )


def _class(module: ModuleType) -> type:
  """Returns the game that a module defines."""
  return next(x for n, x in vars(module).items() if n.startswith('MinAtar'))


@functools.cache
def _module(game_name: str) -> ModuleType:
  """Returns pgx-minatar's module of a game; Seaquest's is a mended copy."""
  name = f'pgx_minatar.{game_name}'
  try:
    importlib.import_module('pgx')
    module = importlib.import_module(name)
  except ModuleNotFoundError as error:
    raise errors.UserError(
      "pgx-minatar is not installed, which plays MinAtar's games inside one "
      "program: pip install -e '.[minatar-jax]'."
    ) from error
  if game_name != 'seaquest':
    return module
  spec = importlib.util.find_spec(name)
  copy = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(copy)
  # It never removes a bullet that has left, and takes the first for the end of
  # its list; difficulty rises one surfacing too early; a submarine that is
  # destroyed cannot shoot any more.
  copy._remove_out_of_bound = lambda bullets, end: _kept(
    bullets, (bullets[:, 0] >= 0) & (bullets[:, 0] <= 9)
  )
  copy._surface = functools.partial(_surface, copy._surface)
  copy._update_enemy_subs = _update_enemy_subs
  return copy


def _kept(rows: Array, is_kept: Array) -> Array:
  """Returns the rows that are kept, in order, and empty ones behind them."""
  order = jnp.argsort(~is_kept, stable=True)
  return jnp.where(is_kept[order][:, None], rows[order], _EMPTY)


def _surface(theirs: Any, *told: Any) -> tuple[Array, ...]:
  """Surfaces; enemies speed up where the index was odd before."""
  *_, move_speed, _, index = told
  reward, oxygen, divers, _, spawn_speed, new_index = theirs(*told)
  is_faster = (
    (new_index != index)
    & (move_speed > _LEAST_MOVE_INTERVAL)
    & (index % 2 == 1)
  )
  return reward, oxygen, divers, move_speed - is_faster, spawn_speed, new_index


def _update_enemy_subs(
  f_bullets: Array,
  e_subs: Array,
  e_bullets: Array,
  sub_x: Array,
  sub_y: Array,
  move_speed: Array,
  terminal: Array,
  r: Array,
) -> tuple[Array, ...]:
  """Moves Seaquest's submarines, the newest first; each may then shoot.

  Rows are [x, y, whether it goes right, steps until it moves, until it shoots].
  """

  def one(carry: tuple, row: Array) -> tuple[tuple, tuple[Array, Array]]:
    f_bullets, e_bullets, terminal, r = carry
    x, y, right, until_move, until_shot = row
    is_there = y != _EMPTY
    hits = (x == sub_x) & (y == sub_y)
    moves = until_move == 0
    x = jnp.where(moves, x + jnp.where(right == 1, 1, -1), x)
    is_out = (x < 0) | (x > 9)
    hits_then = moves & (x == sub_x) & (y == sub_y)
    struck = (f_bullets[:, 0] == x) & (f_bullets[:, 1] == y)
    is_struck = is_there & moves & ~is_out & ~hits_then & struck.any()
    bullet = jnp.argmax(struck)
    f_bullets = _kept(
      f_bullets,
      (f_bullets[:, 1] != _EMPTY)
      & ~(is_struck & (jnp.arange(len(f_bullets)) == bullet)),
    )
    shoots = is_there & (until_shot == 0)
    free = jnp.argmax(e_bullets[:, 1] == _EMPTY)
    shot = jnp.stack([x, y, right])[None]
    e_bullets = jnp.where(
      shoots & (jnp.arange(len(e_bullets)) == free)[:, None], shot, e_bullets
    )
    row = jnp.stack(
      [
        *(x, y, right),
        jnp.where(moves, move_speed, until_move - 1),
        jnp.where(until_shot == 0, _SHOT_INTERVAL, until_shot - 1),
      ]
    )
    terminal |= is_there & (hits | hits_then)
    is_left = is_there & ~(moves & is_out) & ~is_struck
    return (f_bullets, e_bullets, terminal, r + is_struck), (row, is_left)

  (f_bullets, e_bullets, terminal, r), (rows, is_left) = jax.lax.scan(
    one, (f_bullets, e_bullets, terminal, r), e_subs, reverse=True
  )
  return f_bullets, _kept(rows, is_left), e_bullets, terminal, r
