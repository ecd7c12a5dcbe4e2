"""Makes a teacher from the name of its kind and a directory."""

import difflib
import os
from collections.abc import Sequence
from typing import Annotated, Literal

from reincarnating_rl.learner.actions import (
  Actions,
  Continuous,
)
from reincarnating_rl.support.setting_types import PositiveFloat, Range
from reincarnating_rl.teachers import (
  checkpoints,
  loading,
  network_factory,
  observation_maps,
  perciatelli,
  recognition,
  station_seeker,
)
from reincarnating_rl.teachers.action_functions import (
  Setting as MeaningsSetting,
)
from reincarnating_rl.teachers.base import (
  GREEDY,
  SAMPLE,
  AnyTeacher,
  random_teacher,
)
from reincarnating_rl.teachers.callable_teacher import (
  CallableTeacher,
  ContinuousCallableTeacher,
  Function,
)
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.kinds import KINDS, NetworkFactory
from reincarnating_rl.teachers.loaded import TeacherSource

CALLABLE = 'callable'
BALLOON = (perciatelli.NAME, station_seeker.NAME)
# What needs no checkpoint.
PATHLESS = ('random', CALLABLE, *BALLOON)
TEACHERS = (recognition.AUTO, *KINDS, *PATHLESS)


def create_teacher(
  agent: str,
  checkpoint_dir: str | os.PathLike[str] | None,
  *,
  actions: Actions,
  observation_shape: tuple[int, ...],
  stack_size: int,
  checkpoint_number: int | None = None,
  checkpoint_file_prefix: str = 'ckpt',
  temperature: PositiveFloat = 0.1,
  vmax: PositiveFloat | None = None,
  network: NetworkFactory | None = None,
  layers: Layers | None = None,
  action_meanings: MeaningsSetting | None = None,
  observation_statistics: str | None = None,
  observation_map: observation_maps.Setting | None = None,
  game_actions: tuple[str, ...] | None = None,
  game_name: str | None = None,
  are_pixels: bool = False,
  policy: Function | None = None,
  policy_epsilon: Annotated[float, Range(above=0, below=1)] = 0.01,
  policy_fingerprint: str | None = None,
  acts: Literal['greedy', 'sample'] | None = None,
) -> AnyTeacher:
  """Makes a teacher.

  What a network has besides its number of actions (atoms, noisy layers, ...) is
  read off the parameters. Two things cannot be: whether a Rainbow of many atoms
  was distributional, which is assumed, and its `vmax`.

  Args:
    agent: one of `TEACHERS`; 'auto' takes what the checkpoint says that it is,
      or else looks like. Those of `PATHLESS` have no checkpoint directory.
    checkpoint_dir: a run of the teacher, or its checkpoints folder; or a file
      of CleanRL, Stable-Baselines3 or PyTorch, or a folder with one.
    actions: of the game.
    observation_shape: *O, of one observation of the game.
    stack_size: S, observations in a state.
    checkpoint_number: which checkpoint; None for the newest complete one.
    checkpoint_file_prefix: of the checkpoints' names.
    temperature: tau of a teacher of Q-values (Agarwal et al. 2022, Eq. 2); a
      teacher that is a policy has none.
    vmax: a Rainbow teacher's atoms span the returns from -vmax to vmax; None
      for what the checkpoint says, or else 10.
    network: makes the teacher's network, called with `num_actions` and the
      fields of its kind; None for Dopamine's. The student's has no say in it.
    layers: which parameters of a file of PyTorch are which layers, where it is
      not one of CleanRL or Stable-Baselines3.
    action_meanings: of the teacher's actions in its order, such as ('NOOP',
      'FIRE'), or 'full' for all 18 of the Arcade Learning Environment; or their
      numbers in the game, -1 for none; or `logits[A'] -> logits[A]` of the
      game's actions, a function of JAX; None if they are the game's own, or
      named by the checkpoint.
    observation_statistics: file of the statistics by which observations were
      normalized, such as Stable-Baselines3's `vecnormalize.pkl`; 'none' if they
      were not; None to look for it beside a file of another library.
    observation_map: what the teacher sees of the game's states, where these are
      not its own: a key of `observation_maps.MAPS`; the entries of a vector, in
      the teacher's order; or `state[*O, S] -> state`, a function of JAX.
    game_actions: what the game's actions mean; None if it does not tell.
    game_name: such as 'Pong'; None to take a teacher of any game.
    are_pixels: whether the game's observations are bytes up to 255.
    policy: of a 'callable' teacher: `states[B, *O, S] -> logits[B, A]`, or
      `-> actions[B]`, or, where actions are vectors, `-> actions[B, D]` within
      the game's bounds; NumPy arrays.
    policy_epsilon: of a `policy` that returns one of several actions, and of
      'station_seeker': the probability of all others together.
    policy_fingerprint: a text that no other `policy` has, where its source
      cannot be found; None: made of its source.
    acts: how the teacher plays: 'greedy', its best action or its mean, or
      'sample', a draw from its policy; None: 'sample' for a policy (PPO, A2C)
      over discrete actions and the random teacher, 'greedy' for all others.

  Returns:
    The teacher.

  Raises:
    UserError: if there is no such kind, a setting makes no sense, or the
      checkpoint is missing, damaged, unsafe or of another kind, network or
      game.
  """
  check_agent(agent)
  _check_acts(acts, agent)
  if observation_map is not None:
    _check_has_checkpoint(agent, 'observation_map')
  if callable(action_meanings):
    _check_has_checkpoint(agent, 'action_meanings')
  if agent == 'random':
    return random_teacher(actions)
  if agent == CALLABLE:
    return _callable(policy, actions, policy_epsilon, policy_fingerprint, acts)
  state_shape = (*observation_shape, stack_size)
  if agent == station_seeker.NAME:
    return station_seeker.create(
      actions=actions,
      state_shape=state_shape,
      epsilon=policy_epsilon,
      acts=acts or GREEDY,
    )
  if policy is not None:
    raise TeacherError(
      f'create_teacher.policy is for --teacher_agent {CALLABLE}, not {agent}.'
    )
  if checkpoint_dir is None and agent not in PATHLESS:
    raise TeacherError(
      f'The {agent} teacher needs --teacher_checkpoint_dir, or for data alone '
      '--teacher_replay_dir; pass --teacher_agent random if a random one is '
      'meant.'
    )
  loaded = loading.load(
    TeacherSource(
      checkpoint_dir,
      agent,
      checkpoint_number,
      checkpoint_file_prefix,
      network=network,
      layers=layers,
      vmax=vmax,
      action_meanings=action_meanings,
      observation_statistics=observation_statistics,
      observation_map=observation_map,
    ),
    actions=actions,
    state_shape=state_shape,
    game_actions=game_actions,
    game_name=game_name,
    are_pixels=are_pixels,
  )
  parent = checkpoint_dir and checkpoints.read_lineage(checkpoint_dir)
  return network_factory.create(loaded, actions, acts, temperature, parent)


def check_agent(agent: str, known: Sequence[str] = TEACHERS) -> None:
  """Refuses a name that there is not.

  Args:
    agent: as a user wrote it.
    known: the names that there are.

  Raises:
    TeacherError: with the nearest right name.
  """
  if agent not in known:
    near = difflib.get_close_matches(agent.lower(), known, n=1, cutoff=0)[0]
    raise TeacherError(
      f'There is no teacher agent {agent!r}, did you mean {near!r}; there are: '
      f'{", ".join(known)}.'
    )


def _check_acts(acts: str | None, agent: str) -> None:
  if agent == 'random' and acts == GREEDY:
    raise TeacherError(
      'The random teacher prefers no action: leave out create_teacher.acts.'
    )


def _check_has_checkpoint(agent: str, setting: str) -> None:
  if agent in PATHLESS:
    raise TeacherError(
      f'create_teacher.{setting} is for a teacher of a checkpoint, and the '
      f'{agent} one has none: leave it out.'
    )


def _callable(
  policy: Function | None,
  actions: Actions,
  epsilon: float,
  fingerprint: str | None,
  acts: str | None,
) -> AnyTeacher:
  if policy is None:
    raise TeacherError(
      f'The {CALLABLE} teacher needs a function: bind create_teacher.policy to '
      'one, such as @my_module.policy.'
    )
  if isinstance(actions, Continuous):
    if acts == SAMPLE:
      raise network_factory.nothing_to_draw('create_teacher.policy')
    return ContinuousCallableTeacher(
      policy, actions=actions, fingerprint=fingerprint
    )
  return CallableTeacher(
    policy,
    num_actions=actions.number,
    epsilon=epsilon,
    fingerprint=fingerprint,
    acts=acts or GREEDY,
  )
