"""Formatting and rules: what `make lint` says."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.parametrize('command', [['format', '--check'], ['check']])
def test_ruff_is_content(command):
  done = subprocess.run(
    [sys.executable, '-m', 'ruff', *command, '.'],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stdout + done.stderr
