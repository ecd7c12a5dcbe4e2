"""What says that a run is done."""

import pytest

from reincarnating_rl.studies import finished
from reincarnating_rl.support.errors import DamagedFileError, UserError


def test_it_is_done_with_these_flags_alone(tmp_path):
  assert not finished.is_done(tmp_path, ('--a',))
  finished.write(tmp_path, ('--a',), ('python', '--a'))
  assert finished.is_done(tmp_path, ('--a',))
  with pytest.raises(
    UserError, match=r'other settings \(--a\): choose another'
  ):
    finished.is_done(tmp_path, ('--b',))


@pytest.mark.parametrize('told', ['{', '[]', '{}', '{"flags": [1]}'])
def test_damage(tmp_path, told):
  (tmp_path / 'finished.json').write_text(told)
  with pytest.raises(DamagedFileError, match=r'/finished\.json .*: ') as error:
    finished.is_done(tmp_path, ())
  assert '\n' not in str(error.value)
