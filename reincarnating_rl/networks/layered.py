"""A network of plain layers that data describe; callers vmap it.

Teachers of other libraries are brought into this form.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.kinds import DISTRIBUTIONS
from reincarnating_rl.learner.types import (
  ActorOutput,
  Array,
  CategoricalOutput,
  PolicyOutput,
  QOutput,
  QuantileOutput,
)
from reincarnating_rl.networks import torsos
from reincarnating_rl.networks.actor_heads import Actor, Bounds, Limit
from reincarnating_rl.networks.impala import ResidualStack
from reincarnating_rl.networks.layered_norms import NORMS

Convolution = tuple[int, tuple[int, int], int, int | str]
"""Features, (height, width) of the kernel, stride, and padding: zeros on each
side of both axes, or 'SAME' as XLA means it."""
Norm = tuple[int, str, str, Any, float]
"""Which layer, counted over convolutions and linear layers; where: 'inputs',
what it takes; 'unflattened', the same of the first linear layer before it is
flattened; or 'outputs', what it returns, before its activation; a key of
`NORMS`, what that takes, and its epsilon."""
Output = (
  QOutput | PolicyOutput | QuantileOutput | CategoricalOutput | ActorOutput
)

# With the defaults of torch.nn, whose GELU is the exact one.
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
  'relu': nn.relu,
  'tanh': nn.tanh,
  'elu': nn.elu,
  'gelu': functools.partial(nn.gelu, approximate=False),
  'leaky_relu': nn.leaky_relu,
  'sigmoid': nn.sigmoid,
  'silu': nn.silu,
}


OUTPUTS = ('q_values', 'policy', 'quantiles', 'categorical', *DISTRIBUTIONS)
"""What the head's numbers mean."""


class ObservationStatistics(nn.Module):
  """Normalizes a state by the statistics that a teacher was trained with.

  They are parameters, so that they travel with the others, but nothing trains
  them.

  Attributes:
    clip: the largest absolute value of what is returned; None: any.
  """

  clip: float | None = None

  @nn.compact
  def __call__(self, state: Array) -> Array:
    """Returns (state - mean) / deviation, of the shape of `state[*O, S]`."""
    # The mean in two parts, of which the second is what a float of 32 bits
    # cannot hold of it: of an entry that hardly varies, it matters.
    mean = self.param('mean', nn.initializers.zeros, (2, *state.shape))
    deviation = self.param('deviation', nn.initializers.ones, state.shape)
    mean, deviation = jax.lax.stop_gradient((mean, deviation))
    x = ((state - mean[0]) - mean[1]) / deviation
    return x if self.clip is None else jnp.clip(x, -self.clip, self.clip)


def _identity(x: Array) -> Array:
  return x


class LayeredNetwork(nn.Module):
  """Convolutions, then linear layers, an activation after each but the last.

  Its parameters are `Conv_0`, `Conv_1`, ... and `Dense_0`, ..., the last of
  which is the head. All fields are plain data; lists do for tuples.

  Attributes:
    num_actions: number of actions, A; or of an action's numbers, D.
    normalized: whether states are normalized, before anything else, by
      `ObservationStatistics`.
    clip: of these.
    residual: features of Impala's residual stacks, with ReLUs, which come
      first; their parameters are `_stacks_0`, ...
    pool_padding: of the poolings in them, on each side or 'SAME'.
    convolutions: each as a `Convolution`; what they leave is flattened.
    hidden: units of each linear layer but the head.
    activation: a key of `ACTIVATIONS`; or one for each convolution and hidden
      layer, in their order.
    norms: normalizations, each as a `Norm`; their parameters are `Norm_0`, ...
    scale: what states are divided by.
    output: one of `OUTPUTS`, what the head's numbers mean.
    num_atoms: numbers per action, N, of a distribution: its quantiles or the
      logits of its atoms; 1 otherwise.
    value_range: returns that the first and the last atom stand for, the others
      evenly between; for 'categorical' alone.
    squash: a key of `actor_heads.SQUASHES`, how a 'deterministic' actor keeps
      its actions in [-1, 1].
    log_std_from: where log standard deviations are from: 'head', the second
      half of its numbers, or 'parameter', one of the name `log_std`.
    log_std_limit: of these, as an `actor_heads.Limit`; None: any.
    bounds: what an actor's numbers are actions in, the least and the greatest
      values of each; None: [-1, 1].
  """

  num_actions: int
  normalized: bool = False
  clip: float | None = None
  residual: tuple[int, ...] = ()
  pool_padding: int | str = 'SAME'
  convolutions: tuple[Convolution, ...] = ()
  hidden: tuple[int, ...] = ()
  activation: str | tuple[str, ...] = 'relu'
  norms: tuple[Norm, ...] = ()
  scale: float = 1.0
  output: str = 'q_values'
  num_atoms: int = 1
  value_range: tuple[float, float] | None = None
  squash: str = 'tanh'
  log_std_from: str = 'head'
  log_std_limit: Limit | None = None
  bounds: Bounds | None = None

  @nn.compact
  def __call__(self, state: Array) -> Output:
    """Returns the output for one `state[*O, S]`; no critic for a policy.

    Raises:
      ValueError: the fields contradict each other, or the state.
    """
    activations = self._activations()
    x = state.astype(jnp.float32)
    if self.normalized:
      x = ObservationStatistics(self.clip, name='observations')(x)
    x = x / self.scale
    if self.residual or self.convolutions:
      x = torsos.as_image(x)
    for index, features in enumerate(self.residual):
      name = f'_stacks_{index}'  # As in `ImpalaEncoder`.
      x = ResidualStack(features, self.pool_padding, name=name)(x)
    if self.residual:
      x = nn.relu(x)
    for index, (features, kernel, stride, padding) in enumerate(
      self.convolutions
    ):
      convolution = nn.Conv(
        features, tuple(kernel), strides=stride, padding=padding
      )
      x = self._normalized(x, index, 'inputs')
      x = self._normalized(convolution(x), index, 'outputs')
      x = next(activations)(x)
    first = len(self.convolutions)
    x = self._normalized(x, first, 'unflattened').reshape(-1)
    sizes = (*self.hidden, self._outputs())
    for index, units in enumerate(sizes, start=first):
      x = self._normalized(x, index, 'inputs')
      x = self._normalized(nn.Dense(units)(x), index, 'outputs')
      x = next(activations, _identity)(x)
    return self._output(x)

  def _normalized(self, x: Array, layer: int, place: str) -> Array:
    for number, (index, where, kind, detail, epsilon) in enumerate(self.norms):
      if (index, where) == (layer, place):
        x = NORMS[kind](detail, epsilon, name=f'Norm_{number}')(x)
    return x

  def _activations(self) -> Iterator[Callable[[Array], Array]]:
    count = len(self.convolutions) + len(self.hidden)
    names = self.activation
    if isinstance(names, str):
      names = (names,) * count
    if len(names) != count or not ACTIVATIONS.keys() >= set(names):
      raise ValueError(f'There are no {count} activations in {names}.')
    return iter([ACTIVATIONS[name] for name in names])

  @property
  def _actor(self) -> Actor:
    return Actor(
      *(self.output, self.num_actions, self.squash, self.log_std_from),
      *(self.log_std_limit, self.bounds),
    )

  def _outputs(self) -> int:
    if self.output in DISTRIBUTIONS:
      return self._actor.outputs
    return self.num_actions * self.num_atoms

  def _output(self, numbers: Array) -> Output:
    """Says what the head's numbers mean: [A * N], or those of an actor."""
    if self.output in DISTRIBUTIONS:
      free = (
        self.param('log_std', nn.initializers.zeros, (self.num_actions,))
        if self._actor.has_parameter
        else None
      )
      return self._actor.output(numbers, free)
    if self.output in ('q_values', 'policy') and self.num_atoms != 1:
      raise ValueError(f'{self.output} have no {self.num_atoms} atoms.')
    if self.output == 'q_values':
      return QOutput(numbers)
    if self.output == 'policy':
      return PolicyOutput(numbers, None)
    numbers = numbers.reshape(self.num_actions, self.num_atoms)
    if self.output == 'quantiles':
      return QuantileOutput(numbers.mean(axis=1), numbers)
    if self.output != 'categorical' or self.value_range is None:
      raise ValueError(f'There is no output {self.output!r} of such a range.')
    support = jnp.linspace(*self.value_range, self.num_atoms)
    q_values = (nn.softmax(numbers) * support[None]).sum(axis=1)
    return CategoricalOutput(q_values, numbers)
