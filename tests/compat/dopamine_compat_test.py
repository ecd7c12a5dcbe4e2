"""Each patch is needed, and TensorFlow keeps off the accelerators."""

import subprocess
import sys

import pytest

WITHOUT_ONE_PATCH = """
import reincarnating_rl
import pathlib, sys
room = pathlib.Path(reincarnating_rl.__file__).parent / 'compat'
path = room / 'dopamine_compat.py'
source = path.read_text()
call = {call!r}
assert source.count(call) == 1, 'the patch is applied elsewhere now'
exec(compile(source.replace(call, chr(10)), str(path), 'exec'))
import dopamine.jax.networks
"""


def run(script):
  return subprocess.run(
    [sys.executable, '-c', script], capture_output=True, text=True, check=False
  )


@pytest.mark.slow
@pytest.mark.parametrize(
  ('call', 'error'),
  [
    ('\n_stub_baselines()\n', "No module named 'baselines'"),
    ('  _restore_pytype_aval_mappings()\n', 'pytype_aval_mappings'),
  ],
)
def test_a_patch_that_is_no_longer_needed_should_go(call, error):
  done = run(WITHOUT_ONE_PATCH.format(call=call))
  assert done.returncode != 0
  assert error in done.stderr


@pytest.mark.slow
def test_the_import_is_quiet_and_leaves_tensorflow_no_accelerator():
  done = run(
    'import reincarnating_rl.compat.dopamine_compat\n'
    'import tensorflow as tf\n'
    "assert tf.config.get_visible_devices('GPU') == []\n"
    'from dopamine.jax.agents.dqn import dqn_agent\n'
  )
  assert (done.returncode, done.stdout) == (0, '')
  assert 'Gym has been unmaintained' not in done.stderr
