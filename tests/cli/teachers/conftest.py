"""The commands, called in this process."""

import json
import pathlib

import pytest

from reincarnating_rl.cli.teachers import cli
from tests.fetching.conftest import cloud, emulator  # noqa: F401

BUNDLED = pathlib.Path(__file__).parents[3] / 'teacher_ckpts' / 'Pong' / '1'
(_MANIFEST,) = (BUNDLED / 'checkpoints').glob('*.json')
MANIFEST = f'checkpoints/{_MANIFEST.name}'  # in a copy of it
TOLD = json.loads(_MANIFEST.read_text())


@pytest.fixture
def call(capsys):
  """Runs a command that succeeds; returns what it prints."""

  def run(*words):
    status = cli.main([str(word) for word in words])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    return printed.out

  return run


@pytest.fixture
def evaluate_call(call, tmp_path):
  """Runs `evaluate`; returns what it writes as JSON."""

  def run(*words):
    path = tmp_path / 'score.json'
    call('evaluate', *words, '--json', path)
    return json.loads(path.read_text())

  return run


@pytest.fixture
def fail(capsys):
  """Runs a command that fails; returns its one line."""

  def run(*words):
    assert cli.main([str(word) for word in words]) == 1
    (line,) = (
      line
      for line in capsys.readouterr().err.splitlines()
      if line.startswith('error: ')
    )
    return line

  return run
