"""The episodes of an evaluation: those of the runner's, for the same seed."""

from collections.abc import Iterator

import tqdm.auto as tqdm

from reincarnating_rl.cli.teachers.playing import (
  SHARD,
  Player,
  Playing,
  is_spread,
  spread,
)
from reincarnating_rl.envs.lanes import Episode, Keep
from reincarnating_rl.envs.seeding import evaluation_stream
from reincarnating_rl.runner import bars

# Of the runner's evaluation of its teacher: the same seed, the same episodes.
STREAM = evaluation_stream(0)


def play(
  playing: Playing,
  who: str,
  *,
  title: str | None = None,
  keep: Keep = Keep.NOTHING,
) -> list[Episode]:
  """Plays whole episodes.

  Args:
    playing: the teacher and the game.
    who: plays: 'teacher' or 'random'.
    title: of the progress bar; None for `who`.
    keep: what episodes carry beside actions and rewards.

  Returns:
    The episodes, in the order of their seeds.
  """
  count = playing.args.episodes
  what = f'evaluate {title or who}'
  with bars.passing(what, 'episodes', total=count) as bar:
    episodes = []
    by = _play_in_processes if is_spread(playing.args) else _play_here
    for episode in by(playing, who, range(count), keep, bar):
      episodes.append(episode)
      bar.update()
  return sorted(episodes, key=lambda episode: episode.index)


def _play_here(
  playing: Playing, who: str, episodes: range, keep: Keep, bar: tqdm.tqdm
) -> Iterator[Episode]:
  environment = playing.chosen.game.create_vector_environment()
  steps = 0

  def on_steps(count: int) -> None:
    nonlocal steps
    steps += count
    bar.set_postfix_str(f'{steps:,} steps', refresh=False)
    bar.update(0)

  try:
    yield from playing.play(
      environment,
      playing.policy(who),
      episodes,
      stream=STREAM,
      keep=keep,
      on_steps=on_steps,
    )
  finally:
    environment.close()


def _play_in_processes(
  playing: Playing, who: str, episodes: range, keep: Keep, bar: tqdm.tqdm
) -> Iterator[Episode]:
  del bar
  shards = [
    (episodes[start : start + SHARD], keep) for start in episodes[::SHARD]
  ]
  for _, played in spread(playing.args, Player, shards, who, STREAM):
    yield from played
