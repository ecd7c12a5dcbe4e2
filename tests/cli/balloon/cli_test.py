"""The commands, on flights that were flown before."""

import json
import struct

import pytest

from reincarnating_rl.balloon import policies
from reincarnating_rl.balloon.records import FlightFile
from reincarnating_rl.cli.balloon import cli
from tests.balloon import fakes


@pytest.fixture
def flown(tmp_path):
  """A directory with the only flight of a suite, of two policies."""
  found = policies.find(['random_walk', 'perciatelli44'])
  for i, policy in enumerate(found):
    record = fakes.record(0, 40, return_=20.0 - 10.0 * i)
    FlightFile(tmp_path, policy).add(record)
  return tmp_path


def test_what_was_flown_is_told(flown, capsys):
  names = ['random_walk', 'perciatelli44']
  flags = ['--suite', 'micro_eval', '--out', str(flown)]
  assert cli.main(['evaluate', *names, *flags]) == 0
  printed = capsys.readouterr().out
  row = next(line for line in printed.splitlines() if 'perciatelli' in line)
  assert row.split() == [
    *('perciatelli44', '50.0', '10.0', '0', 'of', '1', '100%', '50%'),
  ]
  told = json.loads((flown / 'summary.json').read_text())
  assert (told['suite'], told['seeds']) == ('micro_eval', 1)
  assert told['policies'][1]['return']['of_the_first'] == 0.5
  assert told['command'] == [
    *('python', '-m', 'reincarnating_rl.balloon', 'evaluate', *names, *flags)
  ]
  assert told['versions']['balloon-learning-environment'] == '1.0.1'


def test_a_picture_of_flights_that_were_flown(flown, tmp_path, capsys):
  out = tmp_path / 'flight.png'
  flags = ['--results', str(flown), '--out', str(out)]
  assert cli.main(['flight', 'perciatelli44', 'random_walk', *flags]) == 0
  assert str(out) in capsys.readouterr().out
  data = out.read_bytes()
  assert data.startswith(b'\x89PNG\r\n')
  width, height = struct.unpack('>II', data[16:24])
  assert width == 1497 and 900 < height < 1300


def test_another_checkpoint_under_the_same_name(flown, capsys):
  flags = ['--suite', 'micro_eval', '--out', str(flown)]
  words = ['evaluate', 'perciatelli44=station_seeker', *flags]
  assert cli.main(words) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert f'{flown}/perciatelli44.jsonl' in line and 'remove that file' in line
  out = str(flown / 'flight.png')
  words = ['flight', words[1], '--results', str(flown), '--out', out]
  assert cli.main(words) == 1
  assert 'has the flights of another' in capsys.readouterr().err


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['evaluate', 'nobody', '--out', '{tmp}'], "directory 'nobody'"),
    (['evaluate', 'random_walk'], '--out'),
    (['evaluate', 'random_walk', '--out', '{tmp}', '--suite', 'x'], 'micro_'),
    (
      ['evaluate', 'random_walk', '--out', '{tmp}', '--seeds', '0'],
      'of 1 or more',
    ),
    (['evaluate', '--out', '{tmp}'], 'POLICY'),
    (['flight', 'random_walk', '--out', '{tmp}/a.pdf'], 'is not a PNG'),
    (
      ['flight', 'random_walk', '--results', '{tmp}/no', '--out', 'a.png'],
      'is not a directory',
    ),
    (
      ['flight', 'random_walk', '--out', '{tmp}/no/a.png'],
      'cannot be written (No such',
    ),
    (['flight', 'random_walk', '--seed', '4294967296'], '2147483647'),
    (['fly'], 'COMMAND'),
  ],
)
def test_mistakes_are_one_line(tmp_path, capsys, words, message):
  words = [word.replace('{tmp}', str(tmp_path)) for word in words]
  assert cli.main(words) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith('error: ') and message in line


def test_help_tells_what_there_is(capsys):
  with pytest.raises(SystemExit) as ended:
    cli.main(['evaluate', '--help'])
  assert ended.value.code == 0
  printed = capsys.readouterr().out
  for word in ('tiny_eval', 'perciatelli44', '--processes', 'examples:'):
    assert word in printed
