"""A teacher of which there are data, and no policy."""

import hashlib
from typing import Any

import numpy as np

from reincarnating_rl.importers import data_summary
from reincarnating_rl.importers.data.steps import Steps
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.actions import Actions

NAME = 'data'
_SAMPLED = 32  # Observations.


class DataTeacher:
  """Who left nothing but steps; nobody can be asked or can play.

  Attributes:
    actions: of the game.
    fingerprint: SHA-256 of the data without observations, in hex; of the
      whole file where a replay has its steps with their frames.
    details: of a file of data, SHA-256 of some of its observations, and of
      which episodes are not whole; else None.
    lineage: where they are, and what the score is; JSON.
    returns: [E], undiscounted, of the data's whole episodes.
    joins_episodes: whether those that were cut are joined to the next.
    may_be_clipped: whether all rewards lie in [-1, 1].
    acts: None: it does not.
  """

  acts = None

  def __init__(
    self,
    replay: ExternalReplay,
    actions: Actions,
    observation_shape: tuple[int, ...],
    stack_size: int,
  ) -> None:
    """Reads all of the data but most of their observations.

    Args:
      replay: the data.
      actions: of the game.
      observation_shape: *O, of one of its observations.
      stack_size: S, observations in a state.

    Raises:
      UserError: they are damaged, of another game, or of no form that can be
        learnt from.
    """
    self.actions = actions
    info = replay.inspect_for(actions, observation_shape, stack_size)
    # Of a file of data, `inspect` has read them.
    columns = info.columns() if replay.is_data else replay.read_columns()
    if columns is None:
      self.returns = np.zeros(0)
      self.joins_episodes = self.may_be_clipped = False
      with open(replay.files.path, 'rb') as file:
        digest = hashlib.file_digest(file, 'sha256')
    else:
      self.returns = data_summary.whole_returns(columns)
      self.joins_episodes = not columns.tells_time_outs
      self.may_be_clipped = data_summary.summarize(columns).may_be_clipped
      digest = hashlib.sha256()
      for name in columns.arrays():
        digest.update(np.ascontiguousarray(getattr(columns, name)))
    self.fingerprint = digest.hexdigest()
    self.details = _details(info) if replay.is_data else None
    self.lineage: dict[str, Any] = {
      'agent': NAME,
      'fingerprint': self.fingerprint,
      'details': self.details,
      'data': replay.describe(),
      'score': f'the mean return of {len(self.returns)} whole episodes of the '
      'data',
    }


def _details(steps: Steps) -> str:
  digest = hashlib.sha256(repr((steps.entries, steps.partial)).encode())
  for row in np.linspace(0, steps.entries - 1, _SAMPLED, dtype=int):
    rows = steps.observations(row, row + 1)
    digest.update(np.ascontiguousarray(rows))
  return digest.hexdigest()


def has_policy(teacher: Any) -> bool:
  """Whether there is a teacher who can be asked and can play."""
  return teacher is not None and not isinstance(teacher, DataTeacher)
