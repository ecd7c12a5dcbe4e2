"""Which parameters of another library's network are which of its layers."""

import dataclasses
from typing import Annotated, Literal

from reincarnating_rl.learner.kinds import (
  DETERMINISTIC,
  GAUSSIAN,
  TANH_GAUSSIAN,
)
from reincarnating_rl.networks.actor_heads import LIMITS, SQUASHES
from reincarnating_rl.networks.layered import ACTIVATIONS
from reincarnating_rl.support.setting_types import (
  NonNegativeFloat,
  NonNegativeInt,
  OneOf,
  PositiveFloat,
  PositiveInt,
)
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign import declared_norms
from reincarnating_rl.teachers.foreign.declared_norms import Norm

# By the kind of the teacher; `rainbow` is any agent of categorical returns,
# `td3` any deterministic actor.
ACTORS = {
  'td3': DETERMINISTIC,
  'sac': TANH_GAUSSIAN,
  'gaussian_ppo': GAUSSIAN,
}
OUTPUTS = {
  'dqn': 'q_values',
  'rainbow': 'categorical',
  'quantile': 'quantiles',
  'ppo': 'policy',
  **ACTORS,
}
POLICIES = ('ppo', *ACTORS)
_OF_ATOMS = ('quantile', 'rainbow')
_Activation = Annotated[str, OneOf(lambda: ACTIVATIONS)]
LAYOUTS = ('channels_first', 'channels_last')
_LimitKind = Annotated[str, OneOf(lambda: LIMITS)]
_Norm = tuple[str, str] | tuple[str, str, NonNegativeFloat]
_GroupNorm = (
  tuple[str, str, PositiveInt] | tuple[str, str, PositiveInt, NonNegativeFloat]
)
# What is taken where nobody gave it, in an order in which each can be judged.
_ASSUMED = {
  'kind': 'dqn',
  'activation': 'relu',
  'squash': 'tanh',
  'within': 'bounds',
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layers:
  """The layers of a network, by the names of their parameters.

  Sizes are read off the parameters. The network of a DQN in PyTorch is

      Layers(convolutions=(('conv1', 4), ('conv2', 2), ('conv3', 1)),
             dense=('fc1', 'head'))

  where `conv1.weight` and `conv1.bias` are those of a convolution of stride 4.

  Attributes:
    kind: 'dqn' for Q-values, 'quantile' for quantiles of the return, 'rainbow'
      for categorical returns (C51 too), 'ppo' for logits of any policy. Where
      actions are vectors: 'td3' for any deterministic actor, 'gaussian_ppo' for
      any Gaussian policy, 'sac' for one under a `tanh`. None: 'dqn', assumed.
    residual: names of the convolutions of each of Impala's residual stacks: the
      one before the pooling, then the two of each block.
    pool_padding: of the pooling in these: 1 on each side, as in PyTorch, or
      'SAME' as XLA means it.
    convolutions: name and stride of each, then its padding if it has any:
      zeros on each side, or 'SAME' as XLA means it.
    dense: names of the linear layers in their order, the head last.
    value: of a dueling network, names of the linear layers of the value, and
      `dense` ends with as many of the advantage: Q = V + A - mean(A).
    activation: a key of `ACTIVATIONS`; or one for each convolution and each
      linear layer but the head, in their order. None: 'relu', assumed.
    scale: what states are divided by; None: 255 before convolutions, if the
      game shows bytes up to 255, and 1 without convolutions.
    num_atoms: numbers per action, of 'quantile' and 'rainbow' alone.
    value_range: returns of the first and the last atom, of 'rainbow' alone.
    atoms_first: whether the head's numbers are [N, A] rather than [A, N].
    layout: which axis of states came first in the network, 'channels_first' or
      'channels_last'; None: as is usual where the layers are from, first in
      PyTorch and last in Flax. The channels are the stacked observations, and
      within each the colours, if it has any.
    batch_norms: names of a layer and of a BatchNorm for each, in the order of
      computation: ('fc1', 'norm1') normalizes the outputs of fc1, before its
      activation, and ('norm0', 'fc1') what fc1 takes. An epsilon may follow.
    layer_norms: the same of LayerNorms.
    group_norms: the same of GroupNorms, with the number of groups after the
      two names.
    batch_norm_epsilon, layer_norm_epsilon, group_norm_epsilon: of those
      that have none of their own.
    squash: what a 'td3' does to the head's numbers: 'tanh', which is scaled to
      the game's bounds, or 'clip', of actions within these. None: 'tanh',
      assumed.
    log_std: of a Gaussian, name of the linear layer beside the head, or of the
      parameter, that gives log standard deviations; None: they are the second
      half of the head's numbers.
    log_std_limit: of a 'sac', how these are kept between two numbers, such as
      ('clip', -20.0, 2.0), or ('tanh', -5.0, 2.0) if a `tanh` is scaled so.
    within: what a Gaussian's or a clipped actor's numbers are actions in:
      'bounds', the game's, or 'unit', [-1, 1]. None: 'bounds', assumed.
    unused: names of modules whose parameters the policy does without, such as
      ('decoder',). Critics of a policy and copies need not be named.
    assumed: what counts, no file shows, and nobody gave.
  """

  kind: Annotated[str, OneOf(lambda: OUTPUTS)] | None = None
  residual: tuple[tuple[str, str, str, str, str], ...] = ()
  pool_padding: Literal[1, 'SAME'] = 'SAME'
  convolutions: tuple[
    tuple[str, PositiveInt]
    | tuple[str, PositiveInt, NonNegativeInt | Literal['SAME']],
    ...,
  ] = ()
  dense: str | tuple[str, ...] = ()
  value: str | tuple[str, ...] = ()
  activation: _Activation | tuple[_Activation, ...] | None = None
  scale: PositiveFloat | None = None
  num_atoms: PositiveInt | None = None
  value_range: tuple[float, float] | None = None
  atoms_first: bool = False
  layout: Annotated[str, OneOf(lambda: LAYOUTS)] | None = None
  batch_norms: tuple[_Norm, ...] = ()
  layer_norms: tuple[_Norm, ...] = ()
  group_norms: tuple[_GroupNorm, ...] = ()
  batch_norm_epsilon: NonNegativeFloat = 1e-5
  layer_norm_epsilon: NonNegativeFloat = 1e-5
  group_norm_epsilon: NonNegativeFloat = 1e-5
  squash: Annotated[str, OneOf(lambda: SQUASHES)] | None = None
  log_std: str | None = None
  log_std_limit: tuple[_LimitKind, float, float] | None = None
  within: Literal['bounds', 'unit'] | None = None
  unused: str | tuple[str, ...] = ()
  assumed: tuple[str, ...] = dataclasses.field(init=False, default=())

  def __post_init__(self) -> None:
    """Checks what can be checked without the parameters.

    Raises:
      TeacherError: something makes no sense.
    """
    for field in ('dense', 'value', 'unused'):
      if isinstance(getattr(self, field), str):  # One name, not its letters.
        object.__setattr__(self, field, (getattr(self, field),))
    if not self.dense:
      raise TeacherError(
        "Layers.dense names the linear layers, such as ('fc', 'head'); it is "
        f'{self.dense!r}.'
      )
    count = len(self.convolutions) + len(self.dense) - 1
    for field, taken in _ASSUMED.items():
      if getattr(self, field) is None:
        object.__setattr__(self, field, taken)
        if self._counts(field, count):
          object.__setattr__(self, 'assumed', (*self.assumed, field))
    given = self.activation
    if not isinstance(given, str) and len(given) != count:
      raise TeacherError(
        f'Layers.activation has {len(given)} names for {count} convolutions '
        'and hidden layers; give one for each, or one for all.'
      )
    self.norms()
    self._check_head()

  def names(self) -> tuple[str, ...]:
    """Returns the names of all layers, in the order of computation."""
    return (
      *(name for stack in self.residual for name in stack),
      *(name for name, *_ in self.convolutions),
      *self.dense,
      *self.value,
      *((self.log_std,) if self.log_std else ()),
    )

  def norms(self) -> list[Norm]:
    """Returns the normalizations.

    Raises:
      TeacherError: they make no sense.
    """
    return declared_norms.read(vars(self), self.names())

  @property
  def is_actor(self) -> bool:
    """Whether its actions are vectors."""
    return self.kind in ACTORS

  def _counts(self, field: str, activations: int) -> bool:
    if field == 'squash':
      return self.kind == 'td3'
    if field == 'within':
      is_clipped = self.kind == 'td3' and self.squash == 'clip'
      return is_clipped or self.kind == 'gaussian_ppo'
    return field == 'kind' or activations > 0

  def _check_head(self) -> None:
    self._check_actor()
    is_policy = self.kind in POLICIES
    if len(self.value) > len(self.dense) or (self.value and is_policy):
      raise TeacherError(
        f'Layers.value is {self.value!r}; it names as many linear layers as '
        'the advantage of a dueling network has at the end of Layers.dense, '
        'and a policy has none.'
      )
    if (self.kind == 'rainbow') != _is_range(self.value_range):
      raise TeacherError(
        f'Layers.value_range is {self.value_range!r}; give the lowest and the '
        "highest atom, such as (-10.0, 10.0), for the kind 'rainbow' and for "
        'no other kind.'
      )
    if (self.kind in _OF_ATOMS) != (self.num_atoms is not None):
      raise TeacherError(
        f'Layers.num_atoms is {self.num_atoms!r}; give it for the kinds '
        f'{" and ".join(_OF_ATOMS)} and for no other kind.'
      )

  def _check_actor(self) -> None:
    for field, kinds in (
      ('squash', ('td3',)),
      ('log_std', ('sac', 'gaussian_ppo')),
      ('log_std_limit', ('sac',)),
      ('within', ('td3', 'gaussian_ppo')),
    ):
      value = getattr(self, field)
      is_given = value not in (None, _ASSUMED.get(field))
      if is_given and self.kind not in kinds:
        raise TeacherError(
          f'Layers.{field} is {value!r}, which is for the kind '
          f'{" or ".join(kinds)}, not {self.kind}; leave it out.'
        )
    limit = self.log_std_limit
    if limit is not None and not _is_range(limit[1:]):
      raise TeacherError(
        f'Layers.log_std_limit is {limit!r}; give the least and the greatest, '
        "such as ('clip', -20.0, 2.0)."
      )


def _is_range(values: tuple[float, float] | None) -> bool:
  return values is not None and values[0] < values[1]
