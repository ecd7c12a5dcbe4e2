"""A replay of a teacher's play, collected by several processes.

Each process plays a shard of whole episodes with the teacher's logits, and
writes it to disk. The shards are joined in their order, so the replay does not
depend on how many processes there were; and it never is in memory as a whole.
"""

import argparse
import contextlib
import itertools
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import tqdm.auto as tqdm

from reincarnating_rl.cli.teachers.playing import (
  SHARD,
  Player,
  in_order,
  spread,
)
from reincarnating_rl.envs.lanes import Keep
from reincarnating_rl.importers import run_files, run_replay
from reincarnating_rl.replay.segment_log import Manifest, SegmentLog
from reincarnating_rl.runner import replay_store
from reincarnating_rl.teachers.base import actions_of

_STREAM = 3  # No evaluation of a first iteration has these seeds.
_NUMBERS = ('start', 'stop', 'labelled')


class Collector:
  """What a process collects with."""

  def __init__(self, words: Sequence[str], folder: str) -> None:
    """Reads the teacher again, and makes the game.

    Args:
      words: of the command line, after the program.
      folder: of the segments.
    """
    self._player, self._folder = Player(words, 'teacher', _STREAM), folder

  def __call__(self, episodes: range) -> tuple[Manifest, list[float]]:
    """Plays a shard, and writes it.

    Returns:
      The manifest of a replay that holds it alone, and the episodes' returns.
    """
    played = self._player(episodes, Keep.ALL)
    first, playing = played[0], self._player.playing
    store = replay_store.create(
      sum(episode.length for episode in played),
      observation_shape=first.observations.shape[1:],
      observation_dtype=first.observations.dtype,
      stack_size=playing.chosen.game.stack_size,
      actions=actions_of(playing.teacher),
      policy_size=first.extras.shape[1],
    )
    for life in itertools.chain(*(episode.lives() for episode in played)):
      store.add_episode(
        life.observations,
        life.actions,
        life.rewards,
        terminal=life.terminal,
        teacher_policy=life.extras,
      )
    manifest = SegmentLog(self._folder).save(store)
    return manifest, [episode.return_ for episode in played]


def collect(args: argparse.Namespace, folder: str) -> dict[str, Manifest]:
  """Has a teacher play, until there are enough steps.

  Args:
    args: of `convert`; `collect` is the number of steps. Whole shards are kept,
      so there are some more.
    folder: holds the checkpoints, and will hold the segments.

  Returns:
    See `run_replay.save`.

  Raises:
    UserError: the teacher cannot be read, or is not one of this game.
  """
  log = run_files.log_of(os.path.abspath(folder))
  os.makedirs(log)
  shards = ((range(k, k + SHARD),) for k in itertools.count(0, SHARD))
  merged, returns = None, []
  with (
    tqdm.tqdm(
      desc='collect', total=args.collect, unit=' steps', dynamic_ncols=True
    ) as bar,
    contextlib.closing(spread(args, Collector, shards, log)) as ended,
  ):
    for manifest, returned in in_order(ended):
      merged = joined(merged, manifest)
      returns += returned
      bar.update(manifest['state']['next_step'])
      if merged['state']['next_step'] >= args.collect:
        break
  # What was played beyond the end.
  SegmentLog(log).remove_unreferenced([merged])
  print(
    f'{merged["state"]["next_step"]:,} steps of {len(returns)} episodes, mean '
    f'return {np.mean(returns):.2f}.'
  )
  return {run_replay.STUDENT: merged}


def joined(first: Manifest | None, second: Manifest) -> Manifest:
  """Returns the manifest of two replays, one after the other.

  Args:
    first: all steps of which are kept; None for none.
    second: with the same settings but the capacity.
  """
  if first is None:
    return second
  before = first['state']['next_step']
  steps = before + second['state']['next_step']
  moved = [
    {k: v + before if k in _NUMBERS else v for k, v in segment.items()}
    for segment in second['segments']
  ]
  state: dict[str, Any] = {
    **second['state'],
    **dict.fromkeys(('next_step', 'add_count', 'labelled'), steps),
  }
  return {
    'settings': {**second['settings'], 'capacity': steps},
    'state': state,
    'segments': [*first['segments'], *moved],
  }
