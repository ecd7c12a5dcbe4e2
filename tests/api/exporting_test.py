"""A student's policy as a file."""

import json
import pathlib

import jax
import numpy as np
import onnxruntime
import pytest
from safetensors import numpy as safetensors

import reincarnating_rl as rrl
from reincarnating_rl.api import export_formats
from reincarnating_rl.api.students import Student
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.teachers import base
from reincarnating_rl.teachers.network_teacher import (
  ContinuousNetworkTeacher,
  NetworkTeacher,
)

PARAMS = {'params': {'w': np.float32([[0.5, -2.0], [1.0, 3.0], [0.0, 1.0]])}}


@pytest.fixture(scope='module')
def student(base_dir):
  return rrl.load_run(base_dir).student


class Made(Student):
  """A student of a policy that is at hand."""

  def __init__(self, made, known):
    super(Student, self).__init__(made, game=None, known=known)


def of_pixels():
  """Two actions, by three bytes: what is seen is divided by 255."""
  made = NetworkTeacher(
    lambda params, state: (state[:, 0] / 255.0) @ params['params']['w'],
    PARAMS,
    num_actions=2,
  )
  return Made(made, GameFacts('own/Pixels', Discrete(2), (3,), 'uint8', 1))


def test_images_are_given_as_the_game_shows_them():
  student = of_pixels()
  pixels = np.array([[255, 3, 0]])
  np.testing.assert_array_equal(
    student.policy_logits(pixels), student.policy_logits(np.float32(pixels))
  )
  for scaled in (pixels / 255, pixels - 1, pixels + 1):
    with pytest.raises(
      rrl.UserError, match='own/Pixels are uint8: do not scale'
    ):
      student.policy_logits(scaled)
    with pytest.raises(
      rrl.UserError, match='own/Pixels are uint8: do not scale'
    ):
      student.act(scaled[0])


def of_vectors():
  """A Gaussian under a `tanh` of one number, in [-3, 1]."""
  made = ContinuousNetworkTeacher(
    lambda params, state: state[:, 0] @ params['params']['w'],
    PARAMS,
    actions=Continuous((-3.0,), (1.0,)),
    distribution='tanh_gaussian',
    acts=base.GREEDY,
  )
  actions = made.actions
  return Made(made, GameFacts('own/Vectors', actions, (3,), 'float32', 1))


def test_stablehlo_is_loaded_without_the_student(student, base_dir, tmp_path):
  path = student.export(tmp_path / 'new' / 'policy.stablehlo')
  policy = rrl.load_policy(path)
  assert policy.facts == student.facts
  for size in (1, 5):
    states = np.random.default_rng(size).normal(size=(size, 4, 1))
    states = states.astype(np.float32)
    found = policy(states)
    np.testing.assert_allclose(found, student.q_values(states), rtol=1e-5)
  told = json.loads(pathlib.Path(f'{path}.json').read_text())
  assert told['input']['shape'] == ['B', 4, 1]
  assert told['output']['shape'] == ['B', 2]
  assert told['student']['fingerprint'] == student.fingerprint
  machine = str(base_dir.parent)
  assert machine in json.dumps(student.lineage)
  assert machine not in json.dumps(told)


@pytest.mark.parametrize('made', [of_pixels(), of_vectors()])
def test_bytes_and_vectors(made, tmp_path):
  policy = rrl.load_policy(made.export(tmp_path / 'policy.stablehlo'))
  states = np.arange(6).reshape(2, 3, 1).astype(made.facts.observation_dtype)
  found = policy(states)
  np.testing.assert_allclose(found, made.outputs(states), rtol=1e-5)
  if made.distribution:
    assert found.shape == (2, 1)
    assert ((found >= -3.0) & (found <= 1.0)).all()


def test_parameters_alone(student, tmp_path):
  arrays = student.parameters()
  npz = np.load(student.export(tmp_path / 'policy.npz'))
  path = student.export(tmp_path / 'policy.safetensors')
  others = safetensors.load(pathlib.Path(path).read_bytes())
  assert set(npz) == set(others) == set(arrays)
  for name, array in arrays.items():
    assert (npz[name] == array).all()
    assert (others[name] == array).all()


def test_what_differs_from_the_student_is_not_written(
  student, tmp_path, monkeypatch
):
  def wrong(given):
    data, read = export_formats.WRITERS['.npz'](given)
    return data, lambda data: lambda states: 1.01 * read(data)(states)

  monkeypatch.setitem(export_formats.WRITERS, '.stablehlo', wrong)
  with pytest.raises(rrl.UserError, match='is not what the student does'):
    student.export(tmp_path / 'policy.stablehlo')
  assert not list(tmp_path.iterdir())


def test_mistakes(student, tmp_path):
  with pytest.raises(rrl.UserError, match=r'Did you mean \.stablehlo'):
    student.export(tmp_path / 'policy.stablehl')
  with pytest.raises(rrl.UserError, match='There is no'):
    rrl.load_policy(tmp_path / 'policy.stablehlo')
  path = pathlib.Path(student.export(tmp_path / 'policy.stablehlo'))
  for damaged in (b'', path.read_bytes()[:100], b'x' * 300):
    path.write_bytes(damaged)
    with pytest.raises(rrl.UserError, match='is damaged'):
      rrl.load_policy(path)


def test_onnx_computes_what_the_student_does(student, tmp_path):
  path = student.export(tmp_path / 'policy.onnx')
  session = onnxruntime.InferenceSession(path)
  (given,) = session.get_inputs()
  assert given.shape[1:] == [4, 1]
  states = np.random.default_rng(0).normal(size=(5, 4, 1)).astype(np.float32)
  (found,) = session.run(None, {given.name: states})
  np.testing.assert_allclose(found, student.q_values(states), rtol=1e-4)


def test_what_onnx_has_no_operation_for_is_told(monkeypatch):
  made = of_pixels()
  # Draws are operations that it does not have.
  monkeypatch.setattr(
    made,
    'pure_policy',
    lambda: lambda states: jax.lax.linalg.qr(states[:, :, 0] * 1.0)[0],
  )
  with pytest.raises(rrl.UserError, match=r'as ONNX .*export it as .stablehlo'):
    export_formats.WRITERS['.onnx'](made)
