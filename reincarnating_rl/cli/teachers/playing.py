"""A teacher that plays whole episodes, here or in several processes.

Episode `i` depends on the seed, on `i` and on the teacher alone. So shards of
episodes can be played anywhere, and together are what one process plays.
"""

import argparse
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from reincarnating_rl.cli.teachers import identify, settings
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.cli.teachers.survey import Told
from reincarnating_rl.cluster import calls
from reincarnating_rl.envs import rollouts
from reincarnating_rl.envs.lanes import Episode, Keep, Policy
from reincarnating_rl.envs.policies import teacher_policy, uniform_policy
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.base import Teacher, actions_of

SHARD = rollouts.LANES
"""Episodes of a shard: one for each lane."""


class Playing(NamedTuple):
  """A teacher and the game that it plays."""

  args: argparse.Namespace
  chosen: Settings
  teacher: Teacher

  def policy(self, who: str = 'teacher') -> Policy:
    """Returns the teacher's policy, or the random one of `who`."""
    if who == 'random':
      return uniform_policy(actions_of(self.teacher))
    return teacher_policy(self.teacher, self.args.epsilon)

  def play(
    self,
    environment: Any,
    policy: Policy,
    episodes: range,
    *,
    stream: int,
    keep: Keep = Keep.NOTHING,
    on_steps: Callable[[int], Any] | None = None,
  ) -> Iterator[Episode]:
    """Plays some of the episodes; yields them as they end."""
    return rollouts.rollouts(
      environment,
      policy,
      seed=self.args.seed,
      iteration=stream,
      stack_size=self.chosen.game.stack_size,
      first_episode=episodes.start,
      num_episodes=len(episodes),
      keep=keep,
      max_steps_per_episode=self.args.max_steps_per_episode,
      on_steps=on_steps,
    )


def prepare(
  args: argparse.Namespace, *, takes_settings: bool = True
) -> Playing:
  """Reads the teacher and makes the game; sets the limit of steps.

  Args:
    args: of a teacher, and of `shared_flags.add_play`. Its
      `max_steps_per_episode` is set, where it is None.
    takes_settings: whether gin's settings of teachers are for this one.

  Raises:
    UserError: the teacher cannot be read, or is not one of this game.
  """
  chosen = settings.read(args)
  if chosen.game is None:
    raise UserError(f'--game is missing: {_which_game(chosen.told)}')
  if args.path is None and args.teacher_agent not in factory.PATHLESS:
    raise UserError(
      'PATH is missing: give the directory of a teacher, or --teacher_agent '
      'random.'
    )
  args.max_steps_per_episode = (
    args.max_steps_per_episode
    or chosen.max_steps
    or chosen.game.max_steps_per_episode
    or rollouts.MAX_STEPS_PER_EPISODE
  )
  if not takes_settings:
    chosen = chosen._replace(options={})
  teacher = _create(args, chosen)
  settings.check_bindings(args, chosen)
  return Playing(args, chosen, teacher)


def _which_game(told: Told) -> str:
  if told.game is None:
    return 'which game shall the teacher play, such as Pong?'
  if told.module is None:
    return f"the teacher's, {told.game}, is not known here."
  # What a file names is not imported: its writer may be a stranger.
  return (
    f"the teacher's is {told.module}:{told.game}; name it so, which imports "
    f'{told.module}.'
  )


def _create(args: argparse.Namespace, chosen: Settings) -> Teacher:
  game = identify.facts(chosen, None)
  return factory.create_teacher(
    args.teacher_agent,
    args.path,
    actions=game.actions,
    observation_shape=game.observation_shape,
    stack_size=game.stack_size,
    checkpoint_number=chosen.number,
    checkpoint_file_prefix=chosen.prefix,
    game_actions=game.action_meanings,
    game_name=chosen.game.name,
    are_pixels=game.are_pixels,
    **chosen.options,
  )


class Player:
  """What a process plays with: made once, from the words of the command."""

  def __init__(self, words: Sequence[str], who: str, stream: int) -> None:
    """Reads the teacher again, and makes the game.

    Args:
      words: of the command line, after the program.
      who: plays, see `Playing.policy`.
      stream: of the seeds.

    Raises:
      UserError: see `prepare`.
    """
    # The flags' help is no business of those that only play here.
    from reincarnating_rl.cli.teachers import flags

    self.playing = prepare(flags.create_parser().parse_args(words))
    self.policy, self._stream = self.playing.policy(who), stream
    self._environment = self.playing.chosen.game.create_vector_environment()

  def __call__(
    self, episodes: range, keep: Keep = Keep.NOTHING
  ) -> list[Episode]:
    """Plays a shard; returns its episodes in order."""
    played = self.playing.play(
      self._environment, self.policy, episodes, stream=self._stream, keep=keep
    )
    return sorted(played, key=lambda episode: episode.index)


def is_spread(args: argparse.Namespace) -> bool:
  """Whether several processes or machines are asked for."""
  return args.ray_address is not None or args.processes is not None


def spread(
  args: argparse.Namespace,
  create: Callable[..., Callable[..., Any]],
  shards: Iterable[tuple],
  *settings: Any,
) -> Iterator[tuple[int, Any]]:
  """Has processes work on shards; see `calls.call_all`.

  Args:
    args: parsed.
    create: a `Player`, or what is made like one.
    shards: arguments of each call.
    *settings: of `create`, after the words.
  """
  return calls.call_all(
    functools.partial(create, tuple(args.words), *settings),
    shards,
    processes=args.processes,
    address=args.ray_address,
  )


def in_order(ended: Iterable[tuple[int, Any]]) -> Iterator[Any]:
  """Yields results in the order of their numbers, from 0 on."""
  waiting: dict[int, Any] = {}
  following = 0
  for number, result in ended:
    waiting[number] = result
    while following in waiting:
      yield waiting.pop(following)
      following += 1
