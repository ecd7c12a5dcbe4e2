"""Each patch is needed; TensorFlow, where it is, keeps off accelerators."""

import re

import pytest

from tests import scripts

# Does without one patch after the other, each time from the beginning.
WITHOUT_ONE_PATCH = """
import pathlib, sys
sys.modules['tensorflow'] = None
import gin
import reincarnating_rl
gin.enter_interactive_mode()  # The same names come again.
room = pathlib.Path(reincarnating_rl.__file__).parent / 'compat'
path = room / 'dopamine_compat.py'
source = path.read_text()
for call in sys.argv[1:]:
  for name in list(sys.modules):
    if name.split('.')[0] in ('dopamine', 'baselines'):
      del sys.modules[name]
  assert source.count(call) == 1, 'the patch is applied elsewhere now'
  try:
    exec(compile(source.replace(call, chr(10)), str(path), 'exec'))
    import dopamine.jax.agents.dqn.dqn_agent
    print('imported')
  except Exception as error:
    print(type(error).__name__, str(error).splitlines()[0])
"""
# The first, once applied, lasts as long as the process.
PATCHES = {
  '  _restore_pytype_aval_mappings()\n': '.*pytype_aval_mappings',
  '\n_stub_baselines()\n': "ModuleNotFoundError No module named 'baselines'",
  '    with tensorflow_stand_in.standing_in():\n      _import_dopamine()\n': (
    'ModuleNotFoundError import of tensorflow halted'
  ),
}


@pytest.mark.soak
def test_a_patch_that_is_no_longer_needed_should_go():
  done = scripts.run(WITHOUT_ONE_PATCH, *PATCHES)
  assert done.returncode == 0, done.stderr
  found = done.stdout.splitlines()
  for line, pattern in zip(found, PATCHES.values(), strict=True):
    assert re.match(pattern, line), line


@pytest.mark.soak
def test_tensorflow_that_was_there_before_is_left_no_accelerator():
  done = scripts.run(
    'import tensorflow as tf\n'
    'import reincarnating_rl.compat.dopamine_compat\n'
    "assert tf.config.get_visible_devices('GPU') == []\n"
    'from dopamine.tf.agents.dqn import dqn_agent\n'
    'assert dqn_agent.tf is tf\n'
  )
  assert (done.returncode, done.stdout) == (0, ''), done.stderr
