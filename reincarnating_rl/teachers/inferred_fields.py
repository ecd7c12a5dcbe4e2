"""What the shapes of parameters say of the network that they belong to.

A reading is a guess at the fields of a network; `fit` then demands that the
network so made has exactly these parameters.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

Shapes = Mapping[str, tuple[int, ...]]
Fields = dict[str, Any]

RAINBOW_ATOMS, QUANTILES = 51, 200  # Dopamine's, and nearly everyone's.

_KERNEL = re.compile(
  r'params/(?P<kind>[A-Za-z_]+?)(_(?P<number>[0-9]{1,6}))?/kernel(_mu)?'
)
_ACTOR = re.compile(r'params/_actor/Dense_[0-9]{1,6}/kernel')


class _Linear(NamedTuple):
  order: tuple[float, str]  # of computation
  inputs: int
  outputs: int


def rainbow(shapes: Shapes, num_actions: int) -> list[Fields]:
  """Readings of `rainbow_networks`, and of Dopamine's two Rainbows.

  One atom is no distribution, so that is what one means.

  Args:
    shapes: of each parameter by its path.
    num_actions: A.

  Returns:
    What `num_atoms`, `noisy`, `dueling` and `distributional` may be.
  """
  layers = _linear_layers(shapes)
  noisy = any(path.endswith('/kernel_mu') for path in shapes)
  atoms = {False: _atoms(layers, num_actions, RAINBOW_ATOMS)}
  if layers:
    atoms[True] = layers[-1].outputs
  return [
    {
      'num_atoms': number,
      'noisy': noisy,
      'dueling': dueling,
      'distributional': number > 1,
    }
    for dueling, number in atoms.items()
  ]


def quantile(shapes: Shapes, num_actions: int) -> list[Fields]:
  """Readings of `QuantileNetwork`: what `num_atoms` may be."""
  layers = _linear_layers(shapes)
  return [{'num_atoms': _atoms(layers, num_actions, QUANTILES)}]


def implicit_quantile(shapes: Shapes, num_actions: int) -> list[Fields]:
  """Readings of `ImplicitQuantileNetwork`: its `quantile_embedding_dim`."""
  del num_actions
  layers = _linear_layers(shapes)
  return [{'quantile_embedding_dim': layers[0].inputs}] if layers else [{}]


def actor_critic(shapes: Shapes, num_actions: int) -> list[Fields]:
  """Readings of `MLPActorCriticNetwork`: how many layers, and how wide."""
  del num_actions
  layers = [
    shape
    for path, shape in shapes.items()
    if _ACTOR.fullmatch(path) and len(shape) == 2
  ]
  first = shapes.get('params/_actor/Dense_0/kernel', ())
  if len(layers) < 2 or len(first) != 2:
    return [{}]
  return [{'num_layers': len(layers) - 1, 'hidden_units': first[1]}]


def nothing(shapes: Shapes, num_actions: int) -> list[Fields]:
  """The reading of a network that has no fields but the number of actions."""
  del shapes, num_actions
  return [{}]


def _linear_layers(shapes: Shapes) -> list[_Linear]:
  """Returns the linear layers at the top, numbered ones first."""
  layers = []
  for path, shape in shapes.items():
    match = _KERNEL.fullmatch(path)
    if match and len(shape) == 2:
      order = (float(match['number'] or 'inf'), match['kind'])
      layers.append(_Linear(order, *shape))
  return sorted(layers)


def _atoms(layers: list[_Linear], num_actions: int, usual: int) -> int:
  """Returns N of a last layer of A * N outputs, which do not tell the two.

  918 outputs in a game of 6 actions are rather 18 actions of 51 atoms, a
  teacher of another game, than 153 atoms: then N is the usual number, and the
  actions will not fit.
  """
  if not layers:
    return usual
  atoms, rest = divmod(layers[-1].outputs, num_actions)
  return usual if rest or atoms % usual == 0 else atoms
