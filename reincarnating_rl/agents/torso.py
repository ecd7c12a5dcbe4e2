"""A student whose torso begins as that of another network.

The torso is what comes before the head: the layers, in order of computation, up
to the first that depends on the number of actions or on anything but the state.
Of an actor-critic it is the actor's.
"""

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import traverse_util

from reincarnating_rl.agents import torso_source
from reincarnating_rl.agents.torso_source import (
  Flat,
  Inputs,
  Path,
  TorsoSource,
)
from reincarnating_rl.learner.types import LearnerState, Params
from reincarnating_rl.support.errors import UserError, name_of


class Torso(NamedTuple):
  """What a student begins with."""

  layers: tuple[Path, ...]  # of the student, in order of computation
  arrays: Flat  # of these, by path
  is_frozen: bool  # whether nothing trains them
  told: dict[str, Any]  # for `lineage.json`

  def put_into(self, state: LearnerState) -> LearnerState:
    """Returns the state of a student that begins so, with its target."""
    return state._replace(
      params=self._filled(state.params),
      target_params=self._filled(state.target_params),
    )

  def _filled(self, params: Params) -> Params:
    flat = traverse_util.flatten_dict(params)
    # Each in memory of its own: an update takes over that of the parameters.
    new = {path: jnp.array(array) for path, array in self.arrays.items()}
    return traverse_util.unflatten_dict(flat | new)


class FrozenTorso:
  """A network whose torso has no gradient, so that optimisers leave it."""

  def __init__(self, network: nn.Module, torso: Torso) -> None:
    """Wraps a network of a torso."""
    self.init = network.init
    self._network, self._frozen = network, torso.arrays.keys()

  def apply(self, params: Params, *given: Any, **named: Any) -> Any:
    """Applies the network; its output is the same."""
    flat = traverse_util.flatten_dict(params)
    held = {path: jax.lax.stop_gradient(flat[path]) for path in self._frozen}
    params = traverse_util.unflatten_dict(flat | held)
    return self._network.apply(params, *given, **named)


def held(network: nn.Module, torso: Torso | None) -> Any:
  """Returns a network as it is learnt: with its torso frozen, if it is so."""
  is_frozen = torso is not None and torso.is_frozen
  return FrozenTorso(network, torso) if is_frozen else network


def find(spec: Any, agent: Any, inputs: Inputs) -> Torso | None:
  """Reads what a student begins with, if that is asked for.

  Args:
    spec: a `student_spec.StudentSpec`.
    agent: a Dopamine agent whose constructor has come to its networks.
    inputs: of its network.

  Raises:
    UserError: it makes no sense, or see `read`.
  """
  if spec.torso_from is None:
    if spec.freezes_torso:
      raise UserError(
        'Student.freeze_torso freezes what Student.torso_from names: set that, '
        'too, or leave both out.'
      )
    return None
  if spec.method.starts_from_teacher:
    raise UserError(
      f'Student.torso_from is {spec.torso_from!r}, and {spec.method.title} '
      'begins with all that its teacher is: leave it out.'
    )
  return read(
    spec.torso_from,
    agent.network_def,
    inputs,
    is_frozen=spec.freezes_torso,
    actions=agent.actions,
  )


def read(
  path: str,
  network: nn.Module,
  inputs: Inputs,
  *,
  is_frozen: bool,
  actions: Any,
) -> Torso:
  """Reads what a student begins with, and checks it layer by layer.

  Args:
    path: of a checkpoint or file of any sort that a teacher may have.
    network: of the student.
    inputs: of it, with any state.
    is_frozen: whether nothing trains the torso.
    actions: of the student's game.

  Raises:
    UserError: the file cannot be read, a layer has no equal there, or equal
      layers compute something else there.
  """
  key = jax.random.PRNGKey(0)
  inputs = inputs.with_something_to_see()
  params = network.init(key, inputs.seen, **inputs.arguments)
  layers = _layers(network, params, inputs)
  source = torso_source.read(path, inputs.state.shape, actions)
  found = torso_source.paired(_parameters(params, layers), source)
  arrays = {
    ('params', *layer, name): source.arrays[(*other, name)]
    for layer, other in found.items()
    for name in _names(params, layer)
  }
  torso = Torso(
    tuple(layers),
    arrays,
    is_frozen,
    {
      'from': source.path,
      'sha256': source.sha256,
      'layers': {'/'.join(a): '/'.join(b) for a, b in found.items()},
      'is_frozen': is_frozen,
    },
  )
  _check_same(torso, network, params, inputs, found[layers[-1]], source)
  return torso


def _layers(network: nn.Module, params: Params, inputs: Inputs) -> list[Path]:
  """Returns the paths of the torso's layers, in order of computation."""
  blind = jax.tree.map(
    lambda x: x * jnp.nan if _is_float(x) else x, inputs.arguments
  )
  outputs = torso_source.outputs(network, params, inputs.seen, blind)
  heads = _changed(network, params, inputs)

  def is_torso(layer: Path) -> bool:
    # What reads more than the state makes no number of no number.
    return layer not in heads and bool(np.isfinite(outputs[layer]).all())

  layers = [*itertools.takewhile(is_torso, outputs)]
  if not layers:
    raise UserError(
      f'Student.torso_from is set, and {name_of(type(network))} has no layer '
      'before its head: leave it out, or choose another network.'
    )
  return layers


def _is_float(x: Any) -> bool:
  return hasattr(x, 'dtype') and jnp.issubdtype(x.dtype, jnp.floating)


def _changed(network: nn.Module, params: Params, inputs: Inputs) -> set[Path]:
  """Returns the layers whose shapes depend on the number of actions."""
  if not hasattr(network, 'num_actions'):
    raise UserError(
      f'Student.torso_from is set, and {name_of(type(network))} has no '
      'num_actions, by which to tell its head: leave it out.'
    )
  other = network.clone(num_actions=network.num_actions + 1)
  shapes = jax.eval_shape(
    lambda: other.init(jax.random.PRNGKey(0), inputs.seen, **inputs.arguments)
  )
  ours, theirs = map(traverse_util.flatten_dict, (params, shapes))
  return {
    path[1:-1]
    for path in ours
    if path not in theirs or ours[path].shape != theirs[path].shape
  }


def _names(params: Params, layer: Path) -> list[str]:
  flat = traverse_util.flatten_dict(params['params'])
  return [path[-1] for path in flat if path[:-1] == layer]


def _parameters(
  params: Params, layers: list[Path]
) -> dict[Path, dict[str, tuple[int, ...]]]:
  """Returns the shapes of the parameters of each layer."""
  flat = traverse_util.flatten_dict(params['params'])
  return {
    layer: {n: flat[(*layer, n)].shape for n in _names(params, layer)}
    for layer in layers
  }


def _check_same(
  torso: Torso,
  network: nn.Module,
  params: Params,
  inputs: Inputs,
  last: Path,
  source: TorsoSource,
) -> None:
  """Refuses equal layers that compute something else where they are from.

  Activations, scales, paddings and statistics of observations are no
  parameters. Where the file tells its network, it is asked about a state.
  """
  theirs = source.output(inputs.state, last)
  if theirs is None:
    return
  ours = torso_source.outputs(
    network, torso._filled(params), inputs.seen, inputs.arguments
  )[torso.layers[-1]]
  ours, theirs = np.asarray(ours), np.asarray(theirs)
  scale = np.abs(theirs).max(initial=1e-6)
  if ours.shape == theirs.shape and np.allclose(
    ours, theirs, atol=1e-3 * scale
  ):
    return
  raise UserError(
    f'The layers of {source.path} fit the student, and compute something else '
    'there: an activation, a padding, a scale or statistics of observations '
    f'differ from those of {name_of(type(network))}; choose another network, '
    'or leave out Student.torso_from.'
  )
