import numpy as np
import pytest

from reincarnating_rl.fleet import resuming
from reincarnating_rl.runner.checkpoints import Checkpoints
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.checkpoint_files import FOLDER


def folders(tmp_path, *places):
  """Makes a folder a seed, with checkpoints at (number, steps)."""
  made = []
  for i, its in enumerate(places):
    made.append(str(tmp_path / str(i)))
    for number, steps in its:
      Checkpoints(f'{made[-1]}/{FOLDER}').save(
        number,
        {'x': np.zeros(1)},
        {'position': {'steps': steps, 'finished': True}},
        {},
        about={},
        tag='',
      )
  return made


def test_goes_on_where_all_have_been(tmp_path):
  assert resuming.common(folders(tmp_path / 'a', [], [])) == -1
  both = [(3, 10), (4, 10)], [(3, 10), (4, 10), (5, 10)]
  assert resuming.common(folders(tmp_path / 'b', *both)) == 4
  # The first was killed after it was saved once more in iteration 4.
  within = [(3, 10), (4, 20)], [(3, 10), (4, 10)]
  assert resuming.common(folders(tmp_path / 'c', *within)) == 3
  first = [(0, 10)], []  # Killed while the first checkpoint was written.
  assert resuming.common(folders(tmp_path / 'd', *first)) == -1


def test_refuses_seeds_that_began_apart(tmp_path):
  with pytest.raises(UserError, match='give the --num_seeds') as error:
    resuming.common(folders(tmp_path, [(3, 10), (4, 10)], []))
  assert str(tmp_path / '1') in str(error.value)


def test_names_the_seed_that_is_furthest_behind(tmp_path):
  apart = [(5, 10), (6, 10)], [(3, 10), (4, 10)]
  ahead, behind = folders(tmp_path, *apart)
  for both in ([ahead, behind], [behind, ahead]):
    with pytest.raises(UserError, match=f'^{ahead} has come to .* 6, ') as e:
      resuming.common(both)
    assert f'and {behind} has no checkpoint of a place' in str(e.value)
