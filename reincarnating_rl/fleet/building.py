"""Builds a fleet's programs of a student, and refuses what they cannot be."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.agents.actor import make_act
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.programs import GameProgram
from reincarnating_rl.fleet import mirror
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.play import Player
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.learner.terms import MONTE_CARLO_RETURN, any_reads
from reincarnating_rl.learner.types import Array, Batch
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.device_draws import Drawn
from reincarnating_rl.replay.device_ring import DeviceRing
from reincarnating_rl.replay.mixed_replay import exact_share
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.data_teacher import has_policy

FLAG = '--num_seeds'


def program_of(game: Game) -> GameProgram:
  """Returns a game as a program.

  Args:
    game: as gin sets it.

  Raises:
    UserError: it is none, or the teacher plays by other rules.
  """
  if game.program is None:
    raise UserError(
      f'{FLAG} is for games that are JAX programs, those of MinAtar, and '
      f'{game.name} is none: start a process for each --run_number.'
    )
  if game.for_teacher is not None:
    raise UserError(
      f'{FLAG} plays one game for both, and teacher/ or student/ bindings ask '
      'for two: leave them out.'
    )
  return game.program()


def check_teacher(teacher: Teacher | None, state: np.ndarray) -> None:
  """Refuses a teacher whom JAX cannot compile.

  Args:
    teacher: or None.
    state: [*O, S], one that it will be asked about.

  Raises:
    UserError: its policy is no JAX program.
  """
  if teacher is None:
    return
  if not has_policy(teacher):
    raise UserError(
      f'{FLAG} needs a teacher who plays, and there are data alone: start a '
      'process for each --run_number.'
    )
  states = jax.ShapeDtypeStruct((1, *state.shape), state.dtype)
  try:
    jax.eval_shape(lambda x: jnp.asarray(teacher.policy_logits(x)), states)
  except jax.errors.JAXTypeError as error:
    raise UserError(
      f'{FLAG} asks the teacher inside one program, and this teacher is a '
      'function of NumPy arrays: write it in JAX, or start a process for each '
      '--run_number.'
    ) from error


def player_of(seed: SeedRunner, program: GameProgram) -> Player:
  """Returns who plays a seed's episodes."""
  return Player(program, seed.agent.stack_size, seed.max_steps_per_episode)


def online_of(seed: SeedRunner, program: GameProgram) -> Online:
  """Returns how a student plays and learns.

  Args:
    seed: any of the fleet; all are alike.
    program: of its game.
  """
  agent, batches = seed.agent, seed.agent.batches
  replay = mirror.functions_of(batches.replay, is_binary=program.is_binary)
  mix = None
  if batches.keeps_teacher_data:
    is_exact = agent.method.exact_share(agent.method_settings)
    mix = Mixture(replay, batches.teacher_data_ratio, is_exact=is_exact).mix
  return Online(
    player=player_of(seed, program),
    learner=agent.learner,
    replay=replay,
    act=make_act(agent.learner.output, agent.num_actions),
    teacher=agent.teacher,
    rolls_in=agent.method.rolls_in and agent.teacher is not None,
    batch_size=agent.batch_size,
    update_period=agent.update_period,
    updates_per_step=agent.updates_per_step,
    warm_up=agent.method.warm_up_steps(agent.method_settings),
    target_period=agent.target_update_period,
    min_history=agent.min_replay_history,
    clips_rewards=seed.clips_rewards,
    reads_returns=any_reads(agent.terms, MONTE_CARLO_RETURN),
    mix=mix,
  )


class Mixture:
  """Rehearsal's batches, as `MixedReplay` draws them."""

  def __init__(
    self, replay: DeviceRing, ratio: float, *, is_exact: bool
  ) -> None:
    """Takes the student's replay and rho; see `MixedReplay`."""
    self._replay, self._ratio, self._is_exact = replay, ratio, is_exact

  def mix(
    self, batch: Batch, drawn: Drawn, key: Array, data: Any
  ) -> tuple[Batch, Drawn]:
    """Puts the teacher's elements in place of the student's.

    Args:
      batch: the student's.
      drawn: whence they are.
      key: of randomness.
      data: view, slots [M] of its elements, and their number.

    Returns:
      The batch, and slots of which the teacher's are -1.
    """
    view, slots, count = data
    which, where = jax.random.split(key)
    size = len(drawn.slots)
    is_teacher = jax.random.uniform(which, (size,)) < self._ratio
    if self._is_exact:
      is_teacher = jnp.arange(size) < exact_share(self._ratio, size)
    at = slots[jax.random.randint(where, (size,), 0, count)]
    theirs = device_view.gather(
      view,
      at,
      stack_size=self._replay.settings.stack_size,
      decode=self._replay.decode,
    )._replace(monte_carlo_return=None)

    def pick(a: Array, b: Array) -> Array:
      is_first = is_teacher.reshape(-1, *[1] * (a.ndim - 1))
      return jnp.where(is_first, a, b)

    # As if the student's that were drawn were all of them.
    weight = jnp.where(is_teacher, 0.0, batch.importance_weight)
    weight = weight / jnp.maximum(weight.max(), jnp.finfo(jnp.float32).tiny)
    mixed = jax.tree.map(pick, theirs, batch._replace(importance_weight=weight))
    return mixed, drawn._replace(slots=jnp.where(is_teacher, -1, drawn.slots))


def data_of(seed: SeedRunner, replay: DeviceRing, most: int) -> Any:
  """Returns the teacher's data for `Mixture`, padded for all seeds.

  Args:
    seed: with teacher data.
    replay: the functions of the student's replay.
    most: slots of the seed that has the most.
  """
  store = seed.data.store
  keys = store.element_keys()
  slots = np.zeros(most, np.int32)
  slots[: len(keys)] = store.slots(keys)
  view = view_of(seed, replay, most)
  return view, slots, np.int32(len(keys))


def view_of(seed: SeedRunner, replay: DeviceRing, most: int) -> Any:
  """Returns the teacher's data on the host's side, padded for all seeds."""
  view = seed.data.view(
    device_view.host_view, encode=functools.partial(replay.encode, xp=np)
  )
  return jax.tree.map(
    lambda x: np.pad(x, [(0, most - len(x))] + [(0, 0)] * (x.ndim - 1)), view
  )
