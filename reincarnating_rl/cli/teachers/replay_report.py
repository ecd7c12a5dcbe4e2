"""What `inspect` says of the replays that a teacher left."""

import os
from typing import Any

import tqdm.auto as tqdm

from reincarnating_rl.importers import data_summary
from reincarnating_rl.importers.external_replay import KINDS, ExternalReplay
from reincarnating_rl.support.errors import EmptyReplayError, UserError
from reincarnating_rl.support.progress import moving


def describe(replays: tuple[ExternalReplay, ...]) -> list[dict[str, Any]]:
  """Describes replays; frames are not looked at.

  The checkpoints of a run share most of their steps, of which only those of the
  newest are read.

  Args:
    replays: of one teacher, in the order of `stored.find`.

  Returns:
    JSON; `problem` is in what cannot be read.
  """
  newest = {(replay.kind, replay.folder): replay for replay in replays}
  return [
    _describe(
      replay,
      with_data=replay.kind != 'run'
      or replay == newest[replay.kind, replay.folder],
    )
    for replay in replays
  ]


def _describe(replay: ExternalReplay, *, with_data: bool) -> dict[str, Any]:
  told = {
    'kind': replay.kind,
    'description': KINDS[replay.kind].description,
    'folder': replay.folder,
    'number': replay.number,
    'is_data': replay.is_data,
  }
  try:
    info = replay.inspect()
    told |= {
      'entries': info.entries,
      'observation_shape': list(info.observation_shape),
      'observation_dtype': str(info.observation_dtype),
      'stack_size': info.stack_size,
      'actions': str(info.actions),
      'n_step': _n_step(info),
      'bytes': _bytes(replay, info),
    }
    if replay.is_data:
      told['told_actions'] = str(info.actions)
    if with_data:
      told['data'] = _data(replay)
  except EmptyReplayError:
    told['entries'] = 0  # As of a student who has not played yet.
  except UserError as error:
    told['problem'] = str(error)
  return told


def _n_step(info: Any) -> int | None:
  return getattr(getattr(info, 'settings', info), 'n_step', None)


def _bytes(replay: ExternalReplay, info: Any) -> int:
  if replay.kind == 'legacy':
    return sum(map(os.path.getsize, replay.files.paths))
  if replay.kind == 'run':
    told = [s.get('bytes') for s in info.segments if isinstance(s, dict)]
    return sum(size for size in told if isinstance(size, int))
  return os.path.getsize(replay.files.path)


def _data(replay: ExternalReplay) -> dict[str, Any] | None:
  with tqdm.tqdm(
    desc=f'read replay {replay.number}',
    unit=' steps',
    mininterval=1.0,
    leave=False,
    delay=2.0,
  ) as bar:
    columns = replay.read_columns(moving(bar))
  if columns is None:
    return None
  summary = data_summary.summarize(columns)
  return summary._asdict() | {'may_be_clipped': summary.may_be_clipped}
