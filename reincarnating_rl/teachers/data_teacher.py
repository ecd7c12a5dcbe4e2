"""A teacher of which there are data, and no policy."""

import hashlib
from typing import Any

import numpy as np

from reincarnating_rl.importers import data_summary
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.actions import Actions

NAME = 'data'


class DataTeacher:
  """Who left nothing but steps; nobody can be asked or can play.

  Attributes:
    actions: of the game.
    fingerprint: SHA-256 of the data without observations, in hex; of the
      whole file where a replay has its steps with their frames.
    lineage: where they are, and what the score is; JSON.
    returns: [E], undiscounted, of the data's whole episodes.
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
    """Reads all of the data but their observations.

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
      with open(replay.files.path, 'rb') as file:
        digest = hashlib.file_digest(file, 'sha256')
    else:
      self.returns = data_summary.whole_returns(columns)
      digest = hashlib.sha256()
      for name in columns.arrays():
        digest.update(np.ascontiguousarray(getattr(columns, name)))
    self.fingerprint = digest.hexdigest()
    self.lineage: dict[str, Any] = {
      'agent': NAME,
      'fingerprint': self.fingerprint,
      'data': replay.describe(),
      'score': f'the mean return of {len(self.returns)} whole episodes of the '
      'data',
    }


def has_policy(teacher: Any) -> bool:
  """Whether there is a teacher who can be asked and can play."""
  return teacher is not None and not isinstance(teacher, DataTeacher)
