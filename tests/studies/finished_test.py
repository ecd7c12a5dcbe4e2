"""What says that a run is done."""

import pytest

from reincarnating_rl.studies import finished
from reincarnating_rl.support.errors import DamagedFileError, UserError


def test_it_is_done_with_these_flags_alone(tmp_path):
  command = ('python', '--a')
  assert not finished.is_done(tmp_path, ('--a',), command)
  finished.write(tmp_path, ('--a',), command)
  assert finished.is_done(tmp_path, ('--a',), command)
  with pytest.raises(
    UserError, match=r'other settings \(--a\): choose another'
  ):
    finished.is_done(tmp_path, ('--b',), command)


def test_it_is_done_with_this_teacher_alone(tmp_path):
  teacher = '--teacher_checkpoint_dir={}/t'
  own = ('--a', teacher.format('/far'))  # One that existed stays where it is.

  def is_done(root, *last):
    run = tmp_path / 'out' / 's'
    return finished.is_done(run, own, (*own, f'--base_dir={root}/s', *last))

  (tmp_path / 'out' / 's').mkdir(parents=True)
  command = (*own, '--base_dir=out/s', teacher.format('out'))
  finished.write(tmp_path / 'out' / 's', own, command)
  for root in ('out', '/moved/elsewhere'):
    assert is_done(root, teacher.format(root))
  number = '--teacher_checkpoint_number=4'
  for last, told in (
    ((teacher.format('out/u'),), 'teacher .*/out/u/t'),
    ((teacher.format('out'), number), 'teacher .*/out/t of number 4'),
    ((), 'no teacher'),
  ):
    with pytest.raises(
      UserError, match=f'run with teacher .*/out/t, and with {told} it would'
    ):
      is_done('out', *last)


@pytest.mark.parametrize(
  'told', ['{', '[]', '{}', '{"flags": [1]}', '{"flags": []}']
)
def test_damage(tmp_path, told):
  (tmp_path / 'finished.json').write_text(told)
  with pytest.raises(DamagedFileError, match=r'/finished\.json .*: ') as error:
    finished.is_done(tmp_path, (), ())
  assert '\n' not in str(error.value)
