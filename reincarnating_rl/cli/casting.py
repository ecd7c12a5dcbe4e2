"""Who plays in a video: policies that a user names, and what they play."""

import argparse
import os
from collections.abc import Sequence

import numpy as np

from reincarnating_rl.cli import text
from reincarnating_rl.cli.teachers import evaluation, playing
from reincarnating_rl.envs import continuous_actions, games
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.lanes import Episode, Keep
from reincarnating_rl.evaluation import finding
from reincarnating_rl.evaluation.text import one_line
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.support import privacy
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import checkpoint_files, factory, recognition
from reincarnating_rl.teachers.base import AnyTeacher, actions_of
from reincarnating_rl.video import scene, take
from reincarnating_rl.video.film import Film
from reincarnating_rl.video.take import Shows, Take


def film(args: argparse.Namespace, names: Sequence[str]) -> Film:
  """Lets each policy play, and prints how well.

  Args:
    args: of the command.
    names: of the policies, as the user gave them.

  Returns:
    What is to be drawn.

  Raises:
    UserError: a policy cannot be read, or plays another game.
  """
  takes, game = [], None
  for title, name in _titled(names):
    chosen, found = _play(_of_one(args, name), title)
    if game is None:
      # The first names the game of all.
      game, args.game = chosen, args.game or chosen.name
    takes.append(found)
  _print(takes)
  return Film(
    game,
    takes,
    args.seed,
    evaluation.STREAM,
    args.fps or games.family_of(game.name).steps_per_second,
    args.seconds,
  )


def _titled(arguments: Sequence[str]) -> list[tuple[str, str]]:
  """Returns what each policy is called, and its name or path."""
  pairs = [finding.split(argument) for argument in arguments]
  titles = [
    label or (name if name in factory.PATHLESS else None)
    for label, name in pairs
  ]
  titles[0] = titles[0] or 'Teacher'
  students = [i for i, title in enumerate(titles) if title is None]
  for number, i in enumerate(students, 1):
    titles[i] = 'Student' if len(students) == 1 else f'Student {number}'
  return [(title, name) for title, (_, name) in zip(titles, pairs, strict=True)]


def _of_one(args: argparse.Namespace, name: str) -> argparse.Namespace:
  """Returns the flags by which `evaluate` would play that policy alone."""
  path, number, agent = name, None, recognition.AUTO
  if name in factory.PATHLESS and not os.path.exists(name):
    path, agent = None, name
  else:
    path, number = checkpoint_files.split_number(os.path.expanduser(name))
    if not os.path.exists(path):
      raise UserError(
        f'There is no policy {name!r}: give a run, its checkpoints, a file of '
        f'another library, or one of {", ".join(factory.PATHLESS)}.'
      )
  of_one = {
    'path': path,
    'teacher_agent': agent,
    'teacher_checkpoint_number': number,
    'teacher_checkpoint_file_prefix': None,
    'processes': None,
    'ray_address': None,
  }
  return argparse.Namespace(**(vars(args) | of_one))


def _play(args: argparse.Namespace, title: str) -> tuple[Game, Take]:
  is_random = args.teacher_agent == 'random'
  cast = playing.prepare(args, takes_settings=not is_random)
  chosen, teacher = cast.chosen, cast.teacher
  episodes = evaluation.play(cast, 'teacher', title=title, keep=Keep.EXTRAS)
  shown = take.median(episodes)
  found = Take(
    one_line(title, 60),
    one_line(_details(args.path, teacher)),
    episodes,
    *_thoughts(teacher, shown.extras),
    _actions(chosen.game),
  )
  return chosen.game, found


def _details(path: str | None, teacher: AnyTeacher) -> str:
  """Returns what a policy is and where it is from, fit to be published."""
  told = teacher.lineage
  parts = [told.get('network')]
  if path is not None:
    parts.append(privacy.without_paths(path))
  if (number := told.get('checkpoint_number')) is not None:
    parts.append(f'checkpoint {number}')
  return ', '.join(part for part in parts if part)


def _thoughts(
  teacher: AnyTeacher, policy: np.ndarray
) -> tuple[np.ndarray, Shows]:
  """Returns the values of an episode's policy, `[T, W]`, and what they are."""
  if isinstance(actions_of(teacher), Continuous):
    means = continuous_actions.mean(policy, teacher.distribution)
    return means, Shows.MEANS
  temperature = teacher.lineage.get('temperature')
  shows = Shows.PROBABILITIES if temperature is None else Shows.Q_VALUES
  return take.values_of(policy, temperature), shows


def _actions(game: Game) -> tuple[str, ...]:
  environment = game.create_environment()
  try:
    return environment.action_names
  finally:
    environment.close()


def _print(takes: Sequence[Take]) -> None:
  rows = []
  for each in takes:
    score, shown = each.score, each.shown
    mean = f'{score.mean:.2f}'
    if score.stderr is not None:
      mean += f' ± {score.stderr:.2f}'
    rows.append((each.title, mean, len(each.episodes), _told(shown)))
  names = ('policy', 'mean ± standard error', 'episodes', 'shown')
  text.print_table(names, rows)


def _told(shown: Episode) -> str:
  return (
    f'episode {shown.index + 1}: return {scene.number(shown.return_)} in '
    f'{shown.length:,} steps'
  )
