"""Running jobs, with scripts for runs: order, resuming, failures."""

import pathlib

import pytest

from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.runs import Runs
from reincarnating_rl.support import claims
from reincarnating_rl.support.errors import UserError
from tests.studies import inline
from tests.studies.inline import ScriptRuns, script


@pytest.fixture
def tape(tmp_path, monkeypatch):
  inline.use(monkeypatch)
  path = tmp_path / 'tape.txt'
  path.touch()
  return path


def test_the_command_is_one_that_a_user_may_type(tmp_path):
  words = Runs(tmp_path).command(
    Job('students/a', ('--agent=dqn',), 'teachers/b', 4)
  )
  assert words == (
    *('-m', 'reincarnating_rl.train', '--agent=dqn'),
    f'--base_dir={tmp_path}/students/a',
    f'--teacher_checkpoint_dir={tmp_path}/teachers/b',
    '--teacher_checkpoint_number=4',
  )


def test_jobs_wait_for_what_they_need_and_are_run_once(tmp_path, tape):
  jobs = [script(tape, 't'), script(tape, 's', needs='t'), script(tape, 'o')]
  for _ in range(2):
    assert ScriptRuns(tmp_path / 'out').run(jobs) == {}
  assert tape.read_text().split() == ['t', 'o', 's']


def test_other_settings_in_the_same_place_are_an_error(tmp_path, tape):
  ScriptRuns(tmp_path / 'out').run([script(tape, 'a')])
  with pytest.raises(UserError, match='out/a holds a run with other settings'):
    ScriptRuns(tmp_path / 'out').run([script(tape, 'a', then='1')])


def test_a_failure_is_told_and_takes_along_only_what_needs_it(
  tmp_path, tape, capsys
):
  fail = script(tape, 'bad', then="raise SystemExit('error: no such game')")
  jobs = [fail, script(tape, 's', needs='bad'), script(tape, 'good')]
  runs = ScriptRuns(tmp_path / 'out', processes=1, retries=3)
  assert runs.run(jobs) == {
    'bad': 'error: no such game',
    's': 'its teacher failed: bad',
  }
  # Twice the same way: no third time.
  assert tape.read_text().split() == ['bad', 'good', 'bad']
  assert not runs.is_done(fail)
  printed = capsys.readouterr().err
  assert 'bad: error: no such game; it is started again' in printed


def test_a_run_that_fails_once_goes_on(tmp_path, tape):
  once = f"""
if open({str(tape)!r}).read().split().count('a') == 1:
  import os; os.kill(os.getpid(), 9)
"""
  jobs = [script(tape, 'a', then=once)]
  assert ScriptRuns(tmp_path / 'out', retries=1).run(jobs) == {}
  assert tape.read_text().split() == ['a', 'a']


def test_a_relative_directory(tmp_path, tape, monkeypatch):
  monkeypatch.chdir(tmp_path)
  ScriptRuns(pathlib.Path('out')).run([script(tape, 'a')])
  assert (tmp_path / 'out' / 'a' / 'finished.json').is_file()


def test_one_command_at_a_time(tmp_path, tape):
  with claims.claimed(tmp_path, '--out'):
    pass  # Free again.
  ScriptRuns(tmp_path).run([script(tape, 'a')])
  assert not (tmp_path / '.lock').exists()
