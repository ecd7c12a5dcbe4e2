"""The command, with runs that are written instead of trained."""

import pytest

from reincarnating_rl.cli import study
from reincarnating_rl.evaluation import analysis
from reincarnating_rl.studies import study_file
from reincarnating_rl.studies.runs import Runs
from reincarnating_rl.support.errors import UserError
from tests.studies import inline

ONE_GAME = ['--games', 'breakout', '--seeds', '2']
TWO = [*ONE_GAME, '--variants', 'qdagger,jsrl']
WRITE = """
import sys
from tests.evaluation import run_directories as made
agent, *runs = sys.argv[1:]
returns = {'qdagger_dqn': 8.0, 'jsrl_dqn': 5.0}
if agent not in returns and agent != 'dqn':
  sys.exit(f'error: no {agent}')
for directory, seed in zip(runs[::2], runs[1::2]):
  made.write(
    directory,
    [made.row(returns.get(agent, 1.0) + int(seed), steps=100)],
    lineage={
      'started_as': {'agent': agent, 'command': 'python'},
      'game': 'MinAtar/breakout',
      'seed': int(seed),
    },
  )
"""


@pytest.fixture
def written(monkeypatch):
  """Has every run write a directory at once; returns the agents that ran.

  Reports draw little for their intervals, which no test here looks at.
  """
  inline.use(monkeypatch)
  agents, analyse, request = [], analysis.analyse, Runs._request

  def draw_little(runs, **settings):
    return analyse(runs, **settings | {'reps': 10})

  monkeypatch.setattr(analysis, 'analyse', draw_little)

  def command(self, job):
    flags = dict(flag[2:].split('=', 1) for flag in job.flags)
    seeds = job.seeds or (flags['run_number'],)
    places = zip((self._root / run for run in job.runs), seeds, strict=True)
    runs = (str(part) for place in places for part in place)
    return ('-c', WRITE, flags['agent'], *runs)

  def ask(self, job):
    agents.append(job.flags[0].removeprefix('--agent='))
    return request(self, job)

  monkeypatch.setattr(Runs, 'command', command)
  monkeypatch.setattr(Runs, '_request', ask)
  return agents


def test_a_study_ends_with_its_report_and_is_not_run_again(
  tmp_path, capsys, written
):
  argv = ['paper', '--out', str(tmp_path), *TWO, '--tables', 'methods']
  assert study.main(argv) == 0
  printed = capsys.readouterr().out
  page = tmp_path / 'reports' / 'methods' / 'index.html'
  assert f'The page: {page}' in printed
  assert 'Methods, from the same teachers' in page.read_text()
  # By the names of the methods; the best first, of scores from 0 to 10.
  table = page.read_text().partition('<table>')[2]
  assert table.index('QDagger') < table.index('JSRL')
  assert '0.95' in table and '0.65' in table
  ran = len(written)
  assert study.main(argv) == 0
  assert len(written) == ran
  # Of a part, too; nothing is run for it.
  page.unlink()
  more = ['--seeds', '3', '--report']
  assert study.main([*argv, *more]) == 0
  assert page.exists() and len(written) == ran


def test_seeds_of_one_program_are_reported_as_runs(tmp_path, written):
  path = tmp_path / 'together.yaml'
  path.write_text("""
title: Two seeds of each
games: [breakout]
game_setting: create_minatar_environment.game_name
seeds: 2
family: minatar
one_program: true
variants:
  QDagger: {agent: qdagger_dqn}
  JSRL: {agent: jsrl_dqn, one_program: false}
""")
  argv = [str(path), '--out', str(tmp_path / 'out')]
  assert study.main(argv) == 0
  assert written == ['qdagger_dqn', 'jsrl_dqn', 'jsrl_dqn']
  table = (tmp_path / 'out/reports/all/index.html').read_text()
  # The means of seeds 1 and 2, of scores from 0 to 10.
  assert '0.95' in table and '0.65' in table
  assert study.main([*argv, '--report']) == 0
  assert len(written) == 3


def test_a_failed_run_is_told_and_the_reports_are_of_the_others(
  tmp_path, capsys, written
):
  flags = [*ONE_GAME, '--tables', 'weaning', '--processes', '1']
  assert study.main(['paper', '--out', str(tmp_path), *flags]) == 1
  printed = capsys.readouterr()
  last = printed.err.splitlines()[-1]
  assert last == (
    f'error: 4 of 7 runs failed, {tmp_path}/students/dagger_dqn/breakout/1 '
    'first (error: no dagger_dqn): see log.txt there.'
  )
  page = (tmp_path / 'reports' / 'weaning' / 'index.html').read_text()
  assert 'Dagger: 2 of 2 runs are missing.' in page


@pytest.mark.soak
def test_a_report_that_fails_hides_no_other(
  tmp_path, capsys, written, monkeypatch
):
  from reincarnating_rl.evaluation import results

  load = results.load_runs

  def fail_once(paths, **settings):
    monkeypatch.setattr(results, 'load_runs', load)
    raise UserError('no scale')

  monkeypatch.setattr(results, 'load_runs', fail_once)
  variants = ['--variants', 'qdagger,jsrl,3-step,1-step']
  flags = [*ONE_GAME, *variants, '--tables', 'methods,n_step']
  assert study.main(['paper', '--out', str(tmp_path), *flags]) == 1
  assert 'error: methods: no scale' in capsys.readouterr().err
  assert (tmp_path / 'reports' / 'n_step' / 'index.html').is_file()


def test_a_dry_run_prints_commands_and_writes_nothing(tmp_path, capsys):
  out = tmp_path / 'out'
  flags = ['paper', '--out', str(out), *TWO, '--tables', 'methods', '--dry_run']
  assert study.main(flags) == 0
  lines = capsys.readouterr().out.splitlines()
  assert len(lines) == 5  # A teacher, and two seeds of each method.
  assert all('-m reincarnating_rl.train --agent=' in line for line in lines)
  assert f'--teacher_checkpoint_dir={out}/teachers/breakout' in lines[1]
  assert not out.exists()


@pytest.mark.parametrize(
  ('flags', 'message'),
  [
    (['--variants', 'qdager'], 'Did you mean QDagger'),
    (['--games', 'brekout'], 'Did you mean breakout'),
    (['--tables', 'weening'], 'Did you mean weaning'),
    (['--seeds', '0'], "'0' is not a whole number of 1 or more"),
    (['--report'], 'No run in x is done yet'),
    (['--ray_address', 'ray://a:1'], 'give auto or HOST:PORT'),
    (['--ray_address', '127.0.0.1:9'], 'no cluster can be reached there'),
  ],
)
def test_mistakes_are_one_line(tmp_path, monkeypatch, capsys, flags, message):
  monkeypatch.chdir(tmp_path)
  assert study.main(['paper', '--out', 'x', *flags]) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith('error: ') and message in line


def test_a_wrong_setting_is_told_before_anything_runs(
  tmp_path, capsys, written
):
  flags = ['paper', '--out', str(tmp_path), *TWO, '--tables', 'methods']
  wrong = ['--gin_bindings', 'Student.batch_size=1e2']
  assert study.main([*flags, *wrong]) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith('error: Student.batch_size is 100.0: ')
  assert line.endswith(' Write 100.') and not written
  right = ['--gin_bindings', 'Student.batch_size=100']
  assert study.main([*flags, *right]) == 0


def test_a_file_of_ones_own_is_checked_before_anything_runs(
  tmp_path, capsys, written
):
  path = tmp_path / 'own.yaml'
  text = study_file.find('weaning').read_text()
  path.write_text(text.replace('ql_dagger_dqn', 'ql_dager_dqn'))
  assert study.main([str(path), '--out', str(tmp_path / 'out'), *ONE_GAME]) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert 'ql_dagger_dqn' in line and not written


def test_ctrl_c_tells_how_to_resume(tmp_path, monkeypatch, capsys):
  def run(self, jobs):
    raise KeyboardInterrupt

  monkeypatch.setattr(Runs, 'run', run)
  assert study.main(['paper', '--out', str(tmp_path)]) == 130
  (line,) = capsys.readouterr().err.splitlines()
  assert line == 'Stopped. The same command resumes the runs.'


def test_help_tells_what_there_is(capsys):
  with pytest.raises(SystemExit) as ended:
    study.main(['--help'])
  assert ended.value.code == 0
  printed = capsys.readouterr().out
  for word in ('paper, ', '--ray_address', '--variants', 'examples:'):
    assert word in printed
