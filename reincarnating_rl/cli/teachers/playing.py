"""Plays whole episodes with a teacher that a user names."""

import argparse

import tqdm.auto as tqdm

from reincarnating_rl.cli.teachers import identify, settings
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.cli.teachers.survey import Told
from reincarnating_rl.envs import rollouts
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.lanes import Episode, Keep, Policy
from reincarnating_rl.envs.policies import teacher_policy
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.base import Teacher

# Of the runner's evaluation of its teacher: the same seed, the same episodes.
STREAM = 1


def read(args: argparse.Namespace) -> Settings:
  """Reads what the flags say of a teacher that shall play.

  Args:
    args: of a teacher, and of `shared_flags.add_episodes`. Its
      `max_steps_per_episode` is set, where it is None.

  Returns:
    The settings, which have a game.

  Raises:
    UserError: the teacher or its game is missing.
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
  return chosen


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


def play_teacher(
  args: argparse.Namespace,
  chosen: Settings,
  who: str = 'teacher',
  keep: Keep = Keep.NOTHING,
) -> tuple[Teacher, list[Episode]]:
  """Makes a teacher and plays whole episodes with it.

  Args:
    args: see `read`.
    chosen: what they say.
    who: shown by the progress bar.
    keep: what episodes carry beside actions and rewards.

  Returns:
    The teacher, and the episodes in the order of their seeds.

  Raises:
    UserError: the teacher cannot be read, or is not one of this game.
  """
  teacher = _create(args, chosen)
  settings.check_bindings(args, chosen)
  policy = teacher_policy(teacher, args.epsilon)
  return teacher, play(args, chosen.game, policy, who, keep)


def _create(args: argparse.Namespace, chosen: Settings) -> Teacher:
  game = identify.facts(chosen, None)
  *observation_shape, stack_size = game.state_shape
  return factory.create_teacher(
    args.teacher_agent,
    args.path,
    num_actions=game.num_actions,
    observation_shape=tuple(observation_shape),
    stack_size=stack_size,
    checkpoint_number=chosen.number,
    checkpoint_file_prefix=chosen.prefix,
    game_actions=game.actions,
    game_name=chosen.game.name,
    **chosen.options,
  )


def play(
  args: argparse.Namespace,
  game: Game,
  policy: Policy,
  who: str,
  keep: Keep = Keep.NOTHING,
) -> list[Episode]:
  """Plays whole episodes.

  Args:
    args: see `read`.
    game: that is played.
    policy: that plays.
    who: shown by the progress bar.
    keep: what episodes carry beside actions and rewards.

  Returns:
    The episodes, in the order of their seeds.
  """
  environment = game.create_vector_environment()
  try:
    with tqdm.tqdm(
      desc=f'evaluate {who}',
      total=args.episodes,
      unit=' episodes',
      dynamic_ncols=True,
      mininterval=1.0,
      leave=False,
    ) as bar:
      steps = 0

      def on_steps(count: int) -> None:
        nonlocal steps
        steps += count
        bar.set_postfix_str(f'{steps:,} steps', refresh=False)
        bar.update(0)

      episodes = []
      for episode in rollouts.rollouts(
        environment,
        policy,
        seed=args.seed,
        iteration=STREAM,
        stack_size=game.stack_size,
        num_episodes=args.episodes,
        keep=keep,
        max_steps_per_episode=args.max_steps_per_episode,
        on_steps=on_steps,
      ):
        episodes.append(episode)
        bar.update()
  finally:
    environment.close()
  return sorted(episodes, key=lambda episode: episode.index)
