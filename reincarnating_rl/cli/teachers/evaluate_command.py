"""`evaluate`: how well a teacher plays."""

import argparse
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.cli import text
from reincarnating_rl.cli.teachers import evaluation, flags
from reincarnating_rl.cli.teachers.playing import Playing, prepare
from reincarnating_rl.envs.games import Game
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.evaluation.normalization import may_be_random, summarize
from reincarnating_rl.support import files, json_file
from reincarnating_rl.teachers import base
from reincarnating_rl.teachers.foreign import base as foreign_base
from reincarnating_rl.teachers.foreign import statistics_files

_ACTED = {
  base.GREEDY: "Each action was the teacher's {}",
  base.SAMPLE: "Each action was drawn from the teacher's policy",
}


def run(args: argparse.Namespace) -> None:
  """Plays, and prints the score.

  Raises:
    UserError: the teacher cannot be read, or is not one of this game.
  """
  if args.json:
    files.check_file(args.json, '--json')
  playing = prepare(args)
  chosen, teacher = playing.chosen, playing.teacher
  episodes = evaluation.play(playing, 'teacher')
  score = summarize([episode.return_ for episode in episodes])
  random = _random(playing)
  result = {
    'command': flags.command(*args.words),
    'path': args.path,
    'game': chosen.game.name,
    'played': chosen.play,
    'acts': teacher.acts,
    'epsilon': args.epsilon,
    'seed': args.seed,
    'max_steps_per_episode': args.max_steps_per_episode,
    'score': score._asdict(),
    'returns': [episode.return_ for episode in episodes],
    'lengths': [episode.length for episode in episodes],
    'time_outs': sum(not episode.terminal for episode in episodes),
    'cut': sum(episode.cut for episode in episodes),
    'random': random,
    'margin': random and score.mean - random['mean'],
    'teacher': teacher.lineage,
  }
  _print(result, chosen.game)
  if args.json:
    data = json_file.dumps(result, indent=2).encode()
    files.write_for_user(args.json, data, '--json')


def _random(playing: Playing) -> dict[str, Any] | None:
  """Returns the random policy's score; None where nobody knows it."""
  args, game, teacher = playing.args, playing.chosen.game, playing.teacher
  published = atari_scores.random_score(game.name)
  # Only beside it can be told whether the teacher lacks its statistics.
  is_doubtful = statistics_files.doubt(teacher.lineage) is not None
  if args.measure_random or (published is None and is_doubtful):
    episodes = evaluation.play(playing, 'random')
    score = summarize([episode.return_ for episode in episodes])
    return {'source': 'measured'} | score._asdict()
  if published is None:
    return None
  return {'source': 'published', 'mean': published}


def _print(result: dict[str, Any], game: Game) -> None:
  score, random, margin = result['score'], result['random'], result['margin']
  rows = [('teacher', *_cells(score))]
  if random is not None:
    rows.append((f'random, {random["source"]}', *_cells(random)))
  names = ('mean ± standard error', 'deviation', 'min', 'max', 'episodes')
  text.print_table(('policy', *names), rows)
  steps, count = sum(result['lengths']), result['time_outs']
  print(
    f'{result["game"]}: {steps:,} steps, epsilon {result["epsilon"]:g}, seed '
    f'{result["seed"]}; {count} of {score["num_episodes"]} episodes timed out.'
  )
  if result['cut']:
    limit = result['max_steps_per_episode']
    print(
      f'{result["cut"]} of {score["num_episodes"]} episodes were cut at '
      f'{limit:,} steps (--max_steps_per_episode).'
    )
  acts = result['acts']
  best = 'mean' if 'distribution' in result['teacher'] else 'best'
  print(f"{_ACTED[acts].format(best)} (create_teacher.acts = '{acts}').")
  if count and random and random['source'] == 'published':
    print(
      'Published scores are of episodes without that limit: --measure_random '
      'plays with it.'
    )
  if margin is None:
    print('No random score is published: --measure_random plays for one.')
  elif margin > 0:
    print(f'The teacher is {margin:.2f} better than random.')
  else:
    print(
      f'The teacher is no better than random ({margin:.2f}): nothing can be '
      'measured against it.'
    )
  for line in (*_warnings(result), *_hints(result, game)):
    print(text.printable(f'warning: {line}'))


def _warnings(result: dict[str, Any]) -> Iterator[str]:
  """Yields what may make a teacher play worse than it could."""
  yield from foreign_base.notes(result['teacher'])
  doubt = statistics_files.doubt(result['teacher'])
  if doubt is not None and _is_weak(result['score'], result['random']):
    yield doubt


def _hints(result: dict[str, Any], game: Game) -> Iterator[str]:
  """Yields what the game says of its limit, and if no episode has an end."""
  if line := game.if_limit_is_idle(result['max_steps_per_episode']):
    yield line
  if (
    game.if_all_time_out
    and result['time_outs'] == len(result['returns'])
    and not result['cut']
  ):
    yield game.if_all_time_out


def _is_weak(score: dict[str, Any], random: dict[str, Any]) -> bool:
  return may_be_random(
    score['mean'], score['stderr'], random['mean'], random.get('stderr')
  )


def _cells(score: dict[str, Any]) -> tuple[str, ...]:
  mean = f'{score["mean"]:.2f}'
  if score.get('stderr') is not None:
    mean += f' ± {score["stderr"]:.2f}'
  rest = [score.get(name) for name in ('std', 'min', 'max', 'num_episodes')]
  return (mean, *('' if x is None else f'{x:.6g}' for x in rest))
