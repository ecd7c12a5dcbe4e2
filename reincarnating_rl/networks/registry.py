"""The table of networks, by the names that gin and checkpoints use."""

import dataclasses

from flax import linen as nn

from reincarnating_rl.networks import (
  control_networks,
  layered,
  minatar_networks,
  mlp_networks,
  policy_networks,
  q_networks,
  quantile_networks,
  rainbow_networks,
)

GIN_MODULE = 'reincarnation_networks'
DOPAMINE_MODULE = 'networks'


@dataclasses.dataclass(frozen=True)
class Network:
  """An entry of `NETWORKS`.

  Attributes:
    module: the Flax class, called with `num_actions` and its fields.
    kind: of student or teacher that its outputs are for, a key of
      `teachers.kinds.KINDS`; None if its fields decide that.
    summary: what it is, for documents.
    is_default: whether it is the default network of its kind.
    gin_module: the module under which gin registers it. None: gin does not know
      it, so it is for teachers alone.
  """

  module: type[nn.Module]
  kind: str | None
  summary: str
  _: dataclasses.KW_ONLY
  is_default: bool = False
  gin_module: str | None = GIN_MODULE

  @property
  def name(self) -> str:
    """Its name in gin and in checkpoints."""
    return self.module.__name__

  @property
  def reference(self) -> str | None:
    """Its reference in a binding, `@module.Name`; None if gin lacks it."""
    return self.gin_module and f'@{self.gin_module}.{self.name}'


NETWORKS: dict[str, Network] = {
  network.name: network
  for network in (
    Network(
      q_networks.NatureDQNNetwork,
      'dqn',
      'three convolutions (Mnih et al. 2015); frames',
      is_default=True,
      # Dopamine's own network of this name has the same parameters.
      gin_module=DOPAMINE_MODULE,
    ),
    Network(
      q_networks.UnpaddedDQNNetwork,
      'dqn',
      'the same without padding, as in Stable-Baselines3 and CleanRL; frames',
    ),
    Network(
      q_networks.CompactDQNNetwork,
      'dqn',
      'two convolutions (Mnih et al. 2013), four times as fast; frames',
    ),
    Network(
      q_networks.PatchDQNNetwork,
      'dqn',
      'patches of 7 x 7 pixels, eight times as fast; frames',
    ),
    Network(
      q_networks.ImpalaDQNNetwork,
      'dqn',
      'residual (Espeholt et al. 2018); frames',
    ),
    Network(mlp_networks.MLPDQNNetwork, 'dqn', 'perceptron; vectors'),
    Network(
      minatar_networks.MinAtarDQNNetwork,
      'dqn',
      'one convolution (Young & Tian 2019); MinAtar',
    ),
    Network(
      minatar_networks.MinAtarImpalaDQNNetwork,
      'dqn',
      'two residual stacks; MinAtar',
    ),
    Network(
      rainbow_networks.NatureRainbowNetwork,
      'rainbow',
      'three convolutions (Mnih et al. 2015); frames',
      is_default=True,
    ),
    Network(
      rainbow_networks.CompactRainbowNetwork,
      'rainbow',
      'two convolutions (Mnih et al. 2013); frames',
    ),
    Network(
      rainbow_networks.ImpalaRainbowNetwork,
      'rainbow',
      'residual (Espeholt et al. 2018); frames',
    ),
    Network(
      mlp_networks.MLPRainbowNetwork,
      'rainbow',
      'perceptron; vectors',
    ),
    Network(
      minatar_networks.MinAtarRainbowNetwork,
      'rainbow',
      'one convolution (Young & Tian 2019); MinAtar',
    ),
    Network(
      minatar_networks.MinAtarImpalaRainbowNetwork,
      'rainbow',
      'two residual stacks; MinAtar',
    ),
    Network(
      quantile_networks.QuantileNetwork,
      'quantile',
      'three convolutions (Mnih et al. 2015); frames',
      is_default=True,
    ),
    Network(
      mlp_networks.MLPQuantileNetwork,
      'quantile',
      'perceptron; vectors',
    ),
    Network(
      minatar_networks.MinAtarQuantileNetwork,
      'quantile',
      'one convolution (Young & Tian 2019); MinAtar',
    ),
    Network(
      quantile_networks.ImplicitQuantileNetwork,
      'implicit_quantile',
      'three convolutions (Mnih et al. 2015); frames',
      is_default=True,
    ),
    Network(
      mlp_networks.MLPImplicitQuantileNetwork,
      'implicit_quantile',
      'perceptron; vectors',
    ),
    Network(
      minatar_networks.MinAtarImplicitQuantileNetwork,
      'implicit_quantile',
      'one convolution (Young & Tian 2019); MinAtar',
    ),
    Network(
      control_networks.MLPActorCriticNetwork,
      'sac',
      'an actor and critics, perceptrons; vectors',
      is_default=True,
    ),
    Network(
      control_networks.LayerNormActorCriticNetwork,
      'sac',
      'the same with LayerNorm (Ball et al. 2023); vectors',
    ),
    Network(
      control_networks.SimbaActorCriticNetwork,
      'sac',
      'the same with residual blocks (SimBa, Lee et al. 2024); vectors',
    ),
    Network(
      policy_networks.NaturePolicyNetwork,
      'ppo',
      'three convolutions (Mnih et al. 2015); frames',
      is_default=True,
      gin_module=None,
    ),
    Network(
      layered.LayeredNetwork,
      None,
      "plain layers, the form of other libraries' teachers",
      gin_module=None,
    ),
  )
}


def default(kind: str) -> type[nn.Module]:
  """Returns the default network of a kind.

  Args:
    kind: of student or teacher.

  Raises:
    KeyError: it has none.
  """
  for network in NETWORKS.values():
    if network.kind == kind and network.is_default:
      return network.module
  raise KeyError(kind)
