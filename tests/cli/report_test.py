import pathlib

import pytest

from reincarnating_rl.cli import report
from tests import scripts
from tests.evaluation import run_directories as made


def test_a_report_of_a_directory(tmp_path, capsys):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0, 5.0], method='mine')
  out = tmp_path / 'out'
  flags = ['--title', 'My runs', '--seed', '3', '--reps', '20']
  status = report.main([str(tmp_path / 'runs'), '--out', str(out), *flags])
  printed = capsys.readouterr()
  assert (status, printed.err) == (0, '')
  assert '1 run read' in printed.out
  assert 'mine' in printed.out
  assert f'The page: {out}/index.html' in printed.out
  text = (out / 'index.html').read_text()
  assert '<title>My runs</title>' in text
  assert '20 draws, seed 3' in text


def test_labels_and_the_point_of_comparison(tmp_path, capsys):
  runs = [
    made.write(
      tmp_path / name,
      [made.row(mean, steps=100 * (i + 1)) for i, mean in enumerate(means)],
    )
    for name, means in (('a', (1.0, 2.0)), ('b', (3.0,)))
  ]
  labelled = [f'{x}={run}' for x, run in zip('xy', runs, strict=True)]
  out = str(tmp_path / 'out')
  report.main([*labelled, '--at', '200', '--out', out, '--reps', '10'])
  printed = capsys.readouterr().out
  assert f'{runs[1]} is left out: it has 100 online steps.' in printed


def fail(capsys, *argv):
  assert report.main(argv) == 1
  printed = capsys.readouterr()
  assert printed.err.startswith('error: ')
  assert printed.err.count('\n') == 1
  return printed.err


def test_mistakes_are_one_line(tmp_path, capsys):
  run = made.write(tmp_path / 'run', [made.row(1.0, steps=5)])
  empty = tmp_path / 'empty'
  empty.mkdir()
  file = tmp_path / 'file'
  file.write_text('')
  other = made.write(
    tmp_path / 'other',
    [made.row(1.0, steps=5)],
    lineage={'seed': 2, 'teacher': {'fingerprint': 'x'}},
  )
  assert f'{tmp_path}/none does not exist' in fail(capsys, f'{tmp_path}/none')
  assert f'{empty} holds no run' in fail(capsys, str(empty))
  assert f'{file} is no directory' in fail(capsys, str(file))
  assert f'{other} has another teacher than {run}' in fail(capsys, run, other)
  assert f'{file} cannot be written (it is no folder)' in fail(
    capsys, run, '--out', str(file)
  )
  assert '--at 9 online steps' in fail(capsys, run, '--at', '9')
  assert 'RUN_DIR' in fail(capsys)
  assert "'x' is not a whole number" in fail(capsys, run, '--reps', 'x')
  assert 'no flag --sed. Did you mean --seed?' in fail(capsys, run, '--sed=1')
  assert 'no flag --titel' in fail(capsys, run, '--titel=My runs')
  damaged = pathlib.Path(run, 'summary.json')
  damaged.write_text('[')
  assert f'{damaged} is not JSON' in fail(capsys, run)


def test_help_is_quick_and_clear(capsys):
  with pytest.raises(SystemExit) as ended:
    report.main(['--help'])
  assert ended.value.code == 0
  printed = capsys.readouterr().out
  for word in ('LABEL=RUN_DIR', 'METHOD/GAME/SEED', '--at STEPS', 'examples:'):
    assert word in printed


def test_flags_are_read_before_anything_heavy_is_imported():
  done = scripts.run(
    'import sys\n'
    'from reincarnating_rl.cli import report\n'
    "report.create_parser().parse_args(['x'])\n"
    "heavy = {'numpy', 'matplotlib', 'rliable', 'rich', 'jax'}\n"
    'assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n'
  )
  assert done.returncode == 0, done.stderr


def test_a_report_needs_neither_tensorflow_nor_dopamine_nor_jax(tmp_path):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0, 5.0])
  made.write_curve(tmp_path / 'runs', 'Pong', 2, [3.0, 5.0])
  argv = [str(tmp_path / 'runs'), '--out', str(tmp_path / 'out'), '--reps=10']
  done = scripts.run(
    'import sys\n'
    "for n in ('tensorflow', 'dopamine', 'gin', 'jax'): sys.modules[n] = None\n"
    'from reincarnating_rl.cli import report\n'
    f'sys.exit(report.main({argv}))\n'
  )
  assert done.returncode == 0, done.stderr
  assert (tmp_path / 'out' / 'intervals.png').exists()


def test_a_document_is_made_again(tmp_path, capsys):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0], method='mine')
  path = tmp_path / 'page.md'
  path.write_text('<!-- table: x.jsonl games -->\n<!-- end -->\n')
  words = (str(tmp_path / 'runs'), '--out', str(tmp_path / 'out'))
  assert f'{path} is a document: name it' in fail(capsys, str(path), *words)
  log = ('--log', str(tmp_path / 'x.jsonl'), '--reps', '10')
  assert report.main([*words, *log]) == 0
  capsys.readouterr()
  assert report.main([str(path)]) == 0
  assert capsys.readouterr().out == f'{path}: 1 table, 0 pictures\n'
  assert '| Pong | 0.0 | 10.0 | 2.0 |\n' in path.read_text()
