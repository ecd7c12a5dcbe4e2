"""Formats of an exported policy: what writes each, and what reads it again."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.export
import jax.extend.core
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.api.students import Student
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.kinds import TANH_GAUSSIAN
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import UserError, first_line

Function = Callable[[Array], Array]
"""`states[B, *O, S] -> q_values[B, A]`, or `-> actions[B, D]`."""

Reader = Callable[[bytes], Function]
PLATFORMS = ('cpu', 'cuda', 'tpu')
_INSTALL_ONNX = "ONNX needs jax2onnx: pip install -e '.[onnx]' first."


def _function(student: Student) -> Function:
  """Returns what a student computes, as a pure function."""
  asked, actions = student.pure_policy(), student.facts.actions
  if not isinstance(actions, Continuous):
    return asked

  def act(states: Array) -> Array:
    parameters = asked(states)
    means = parameters[:, : actions.size]
    if student.distribution == TANH_GAUSSIAN:
      means = jnp.tanh(means)
    return jax.vmap(actions.to_game)(jnp.clip(means, -1.0, 1.0))

  return act


def _shape(student: Student, size: Any) -> jax.ShapeDtypeStruct:
  known = student.facts
  dtype = np.dtype(known.observation_dtype)
  return jax.ShapeDtypeStruct((size, *known.state_shape), dtype)


def _stablehlo(student: Student) -> tuple[bytes, Reader]:
  (size,) = jax.export.symbolic_shape('B')
  exported = jax.export.export(
    jax.jit(_function(student)), platforms=PLATFORMS
  )(_shape(student, size))
  return bytes(exported.serialize()), read_stablehlo


def read_stablehlo(data: bytes) -> Function:
  """Returns the function in a file of `jax.export`."""
  return jax.export.deserialize(bytearray(data)).call


def _onnx(student: Student) -> tuple[bytes, Reader]:
  # They tell of each example that lacks a library, and of types left out.
  for name in ('jax2onnx', 'onnx_ir'):
    logging.getLogger(name).setLevel(logging.ERROR)
  try:
    import jax2onnx
  except ImportError as error:
    raise UserError(_INSTALL_ONNX) from error
  # It puts operations of its own in place of Flax's, which cannot be mapped
  # over a batch: it is given what has been traced.
  (size,) = jax.export.symbolic_shape('B')
  states = _shape(student, size)
  function = jax.extend.core.jaxpr_as_fun(
    jax.make_jaxpr(_function(student))(states)
  )
  try:
    model = jax2onnx.to_onnx(lambda given: function(given)[0], [states])
  except Exception as error:  # It has many for what it does not know.
    raise _no_onnx(error) from error
  return model.SerializeToString(), _read_onnx


def _no_onnx(error: Exception) -> UserError:
  return UserError(
    f'This network cannot be written as ONNX ({first_line(error)[:200]}): '
    'export it as .stablehlo.'
  )


def _read_onnx(data: bytes) -> Function:
  import onnxruntime

  options = onnxruntime.SessionOptions()
  options.log_severity_level = 4  # Its errors are raised, too.
  session = onnxruntime.InferenceSession(data, options)
  (name,) = (given.name for given in session.get_inputs())

  def run(states: Array) -> Array:
    try:
      return session.run(None, {name: np.asarray(states)})[0]
    except Exception as error:  # Such as a layer that it does not compute.
      raise _no_onnx(error) from error

  return run


def _npz(student: Student) -> tuple[bytes, Reader]:
  data = io.BytesIO()
  np.savez(data, **student.parameters())
  return data.getvalue(), lambda data: _with_parameters(
    student, dict(np.load(io.BytesIO(data), allow_pickle=False))
  )


def _safetensors(student: Student) -> tuple[bytes, Reader]:
  from safetensors import numpy as safetensors

  data = safetensors.save(student.parameters())
  return data, lambda data: _with_parameters(student, safetensors.load(data))


def _with_parameters(
  student: Student, arrays: Mapping[str, np.ndarray]
) -> Function:
  """Returns the student's function, once arrays are its parameters."""
  own = student.parameters()
  same = own.keys() == arrays.keys() and all(
    np.array_equal(own[name], arrays[name]) for name in own
  )
  if not same:
    raise UserError("The parameters that were written are not the student's.")
  return _function(student)


WRITERS: dict[str, Callable[[Student], tuple[bytes, Reader]]] = {
  '.stablehlo': _stablehlo,
  '.onnx': _onnx,
  '.npz': _npz,
  '.safetensors': _safetensors,
}
