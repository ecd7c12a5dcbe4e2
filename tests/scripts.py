"""Python scripts as programs of their own: what an import or an end does."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
  """Runs a script in the repository's folder, and returns what it told."""
  return subprocess.run(
    [sys.executable, '-c', script, *arguments],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
