"""Q-networks for one state; callers vmap over a batch.

Their parameters have the names, shapes and initial values of the networks of
the same purpose in Dopamine 4.1.2, so checkpoints load in either direction.
"""

from flax import linen as nn

from reincarnating_rl.networks import torsos
from reincarnating_rl.types import Array, QOutput


class NatureDQNNetwork(nn.Module):
  """The network of DQN (Mnih et al. 2015), for Atari frames.

  Attributes:
    num_actions: number of actions, A.
    inputs_preprocessed: whether states arrive as float32 in [0, 1] already.
  """

  num_actions: int
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[84, 84, S]`."""
    if not self.inputs_preprocessed:
      state = torsos.preprocess_pixels(state)
    features = torsos.nature_torso(state)
    head = nn.Dense(self.num_actions, kernel_init=torsos.kernel_initializer)
    return QOutput(head(features))


class MLPDQNNetwork(nn.Module):
  """A multilayer perceptron for observations that are vectors.

  Attributes:
    num_actions: number of actions, A.
    num_layers: hidden layers.
    hidden_units: units in each hidden layer.
    min_vals: smallest value of each entry of the state; None: no rescaling.
    max_vals: largest values; given exactly when `min_vals` is.
    inputs_preprocessed: whether states arrive flat, float32 and rescaled.
  """

  num_actions: int
  num_layers: int = 2
  hidden_units: int = 512
  min_vals: tuple[float, ...] | None = None
  max_vals: tuple[float, ...] | None = None
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[*O, S]`.

    Raises:
      ValueError: when only one of `min_vals` and `max_vals` is given.
    """
    if (self.min_vals is None) != (self.max_vals is None):
      raise ValueError('Give both min_vals and max_vals, or neither.')
    if not self.inputs_preprocessed:
      state = state.astype('float32').reshape(-1)
      if self.min_vals is not None:
        state = torsos.rescale(state, self.min_vals, self.max_vals)
    features = torsos.mlp_torso(state, self.num_layers, self.hidden_units)
    head = nn.Dense(
      self.num_actions,
      kernel_init=torsos.kernel_initializer,
      name='final_layer',
    )
    return QOutput(head(features))
