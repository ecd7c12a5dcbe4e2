"""Pictures of MuJoCo's physics, with and without a display; names for them.

Only who draws needs OpenGL. Where MUJOCO_GL does not say by what, the first of
EGL, OSMesa and GLFW that works here is taken.
"""

import atexit
import functools
import importlib
import os
import subprocess
import sys
from typing import Any

import numpy as np

from reincarnating_rl.support import errors

VARIABLE = 'MUJOCO_GL'
_SIZE = 320  # Pixels a side.
# EGL and OSMesa need no display. A process can only try one of the two.
_BACKENDS = ('egl', 'osmesa', 'glfw')
_TRIAL = """
import importlib, sys
for name in sys.argv[2:]:
  importlib.import_module(name)
context = importlib.import_module(f'mujoco.{sys.argv[1]}').GLContext(8, 8)
context.make_current()
import mujoco
model = mujoco.MjModel.from_xml_string('<mujoco/>')
mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
"""
# Its LLVM and Mesa's end a process that has both.
_RIVALS = ('tensorflow',)
_PATIENCE = 60  # Seconds for a trial.


def actuator_names(environment: Any) -> tuple[str, ...] | None:
  """Returns what a model calls its actuators, in the order of an action.

  Args:
    environment: any. Gymnasium's of MuJoCo keep a `mujoco.MjModel` as `model`.

  Returns:
    [D] names, of the joint for an actuator without a name; '' if that has none
    either. None if there is no such model.
  """
  model = getattr(environment, 'model', None)
  if not hasattr(model, 'actuator_trnid'):
    return None
  turns = importlib.import_module('mujoco').mjtTrn.mjTRN_JOINT
  return tuple(
    model.actuator(i).name
    or (model.actuator_trntype[i] == turns and model.joint(moved).name or '')
    for i, (moved, _) in enumerate(model.actuator_trnid)
  )


@functools.cache
def choose_backend() -> str:
  """Finds out by what MuJoCo can draw, and says so in MUJOCO_GL.

  Returns:
    The value of MUJOCO_GL.

  Raises:
    UserError: nothing works here, or not what MUJOCO_GL asks for.
  """
  asked = os.environ.get(VARIABLE)
  names = (asked.lower(),) if asked else _BACKENDS
  failures = {}
  for name in names:
    failures[name] = _failure(name)
    if failures[name] is None:
      os.environ[VARIABLE] = name
      return name
  told = '; '.join(f'{name}: {reason}' for name, reason in failures.items())
  remedy = f'unset {VARIABLE}' if asked else 'install libegl1 or libosmesa6'
  raise errors.UserError(f'MuJoCo cannot draw here ({told[:300]}): {remedy}.')


def _failure(backend: str) -> str | None:
  """Returns why a backend does not work; None where it does."""
  try:
    done = subprocess.run(
      [sys.executable, '-c', _TRIAL, backend, *_rivals()],
      env={**os.environ, VARIABLE: backend},
      capture_output=True,
      text=True,
      timeout=_PATIENCE,
      check=False,
    )
  except subprocess.TimeoutExpired:
    return f'no answer in {_PATIENCE} seconds'
  if done.returncode == 0:
    return None
  lines = done.stderr.strip().splitlines()
  return lines[-1] if lines else f'exit code {done.returncode}'


def _rivals() -> list[str]:
  return [name for name in _RIVALS if name in sys.modules]


class Camera:
  """Draws one simulation, with one context of OpenGL's."""

  def __init__(self, model: Any) -> None:
    """Makes the context.

    Args:
      model: a `mujoco.MjModel`.

    Raises:
      UserError: MuJoCo cannot draw here.
    """
    backend = choose_backend()
    from mujoco.rendering.classic import gl_context, renderer

    # MuJoCo chose when it was imported, perhaps without a display.
    module = importlib.import_module(f'mujoco.{backend}')
    gl_context.GLContext = module.GLContext
    self._renderer = renderer.Renderer(model, _SIZE, _SIZE)
    # EGL ends with the process, and what it has given must be freed before.
    atexit.register(self._renderer.close)
    # The model's first camera, which follows what moves; or the free one.
    self._camera = 0 if model.ncam else -1

  def draw(self, data: Any) -> np.ndarray:
    """Draws a state.

    Args:
      data: a `mujoco.MjData` of the model.

    Returns:
      [H, W, 3] uint8.
    """
    self._renderer.update_scene(data, self._camera)
    return self._renderer.render()

  def close(self) -> None:
    """Frees the context."""
    atexit.unregister(self._renderer.close)
    self._renderer.close()
