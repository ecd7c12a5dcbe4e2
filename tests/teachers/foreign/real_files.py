"""The files of other libraries, and what these libraries make of states."""

import json
import pathlib

import jax
import numpy as np

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.teachers.foreign.base import Target
from tests.importers.formats import torch_files

FOLDER = pathlib.Path(__file__).parents[2] / 'fixtures' / 'foreign'


def expected(name):
  with np.load(FOLDER / 'expected.npz') as arrays:
    return arrays[name]


def game(states, num_actions=4):
  """What readers are told of a game that has `states`."""
  is_bytes = states.dtype == np.uint8
  return Target(Discrete(num_actions), states.shape[1:], are_pixels=is_bytes)


def run(found, states, num_actions=4):
  """Returns the outputs of a teacher's network for `states`."""
  fields = json.loads(json.dumps(found.network))
  network = LayeredNetwork(num_actions=num_actions, **fields)
  return jax.jit(jax.vmap(network.apply, in_axes=(None, 0)))(
    found.params, states
  )


def assert_close(found, wanted):
  assert np.ptp(np.asarray(wanted)) > 0.02
  np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def altered_zip(path, folder, change):
  """Writes a zip file anew.

  Args:
    path: of the file.
    folder: where to.
    change: what is done to its members by name, in place.
  """
  members = torch_files.unzipped(path.read_bytes())
  change(members)
  altered = folder / path.name
  altered.write_bytes(torch_files.zipped(members))
  return altered
