"""Where all seeds of a fleet can go on: they keep one pace."""

import os
from collections.abc import Sequence

from reincarnating_rl.runner.checkpoints import Checkpoints
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.checkpoint_files import FOLDER

_NOWHERE = (-1, 0, False)  # Behind every place.


def common(folders: Sequence[str]) -> int:
  """Returns the newest checkpoint that all seeds have.

  A kill may come when some seeds have been saved and others not. Then those
  go back, for each keeps the checkpoint before as well.

  Args:
    folders: of the seeds.

  Returns:
    Its number; -1 to begin.

  Raises:
    UserError: some seeds are far ahead of others.
  """
  places = [_places(folder) for folder in folders]
  shared = set.intersection(*map(set, places))
  if shared:
    return max(shared)[0]
  newest = [max(found, default=_NOWHERE) for found in places]
  most, least = max(newest), min(newest)
  if most[0] <= 0:
    return -1
  raise UserError(
    f'{folders[newest.index(most)]} has come to iteration {most[0]}, and '
    f'{folders[newest.index(least)]} has no checkpoint of a place where all '
    'seeds have been: give the --num_seeds and --run_number of before, or '
    'choose another --base_dir.'
  )


def _places(folder: str) -> list[tuple[int, int, bool]]:
  """Returns number, steps, and whether it is finished, of each checkpoint."""
  found = []
  checkpoints = Checkpoints(os.path.join(folder, FOLDER))
  for number, state in checkpoints.states():
    position = state.get('position', {})
    found.append(
      (number, position.get('steps', 0), bool(position.get('finished')))
    )
  return found
