"""Networks that do not fit the student: one line that says why."""

import functools

import numpy as np
import pytest
from flax import linen as nn

from reincarnating_rl.agents.network_fit import UnfitNetworkError
from reincarnating_rl.learner.types import QOutput
from reincarnating_rl.networks import mlp_networks, q_networks
from tests import toys


class Clumsy(nn.Module):
  """Returns the values of one action too many."""

  num_actions: int

  @nn.compact
  def __call__(self, state):
    return QOutput(nn.Dense(self.num_actions + 1)(state.reshape(-1)))


class Bare(nn.Module):
  """Returns an array."""

  num_actions: int

  @nn.compact
  def __call__(self, state):
    return nn.Dense(self.num_actions)(state.reshape(-1))


class Grey(nn.Module):
  """Convolves [H, W, S], whatever it is given."""

  num_actions: int

  @nn.compact
  def __call__(self, state):
    x = nn.Conv(4, (3, 3))(state.astype(np.float32))
    return QOutput(nn.Dense(self.num_actions)(x.reshape(-1)))


def mute(num_actions):
  """Fails without a word."""
  raise ValueError


@pytest.mark.parametrize(
  ('kind', 'network', 'message'),
  [
    ('dqn', mute, 'ValueError'),
    ('dqn', lambda num_actions: None, 'it makes a NoneType'),
    ('dqn', mlp_networks.MLPRainbowNetwork, 'num_atoms'),
    ('dqn', Clumsy, r'q_values have the shape \(3,\), not \(2,\)'),
    ('dqn', Bare, 'no q_values'),
    ('dqn', 'NatureDQNNetwork', 'write @ before a name'),
    ('rainbow', mlp_networks.MLPDQNNetwork, 'num_atoms'),
    (
      'rainbow',
      functools.partial(mlp_networks.MLPRainbowNetwork, num_layers='two'),
      'cannot be called',
    ),
  ],
)
def test_a_network_that_does_not_fit_is_one_line(kind, network, message):
  name = {'dqn': 'JaxDQNAgent', 'rainbow': 'JaxFullRainbowAgent'}[kind]
  with pytest.raises(UnfitNetworkError, match=message) as caught:
    toys.make_agent(
      kind=toys.KINDS[kind],
      **{kind: {'network': network}},
    )
  # gin adds lines on where it was; the command line prints the first.
  text = str(caught.value).splitlines()[0]
  assert text.startswith(f'{name}.network = ')
  assert text.endswith('.')


def test_a_rainbow_that_is_not_distributional_needs_no_logits():
  agent = toys.make_agent(
    kind=toys.KINDS['rainbow'],
    rainbow={'distributional': False, 'num_atoms': 1},
  )
  assert agent.q_values(agent.state[None]).shape == (1, 2)


def test_a_network_for_grey_frames_takes_no_colours():
  """It would take each row of an image for a state of its own."""
  dqn = {'observation_shape': (40, 40, 3), 'stack_size': 1}
  make = functools.partial(toys.make_agent, kind=toys.KINDS['dqn'])
  with pytest.raises(UnfitNetworkError, match='convolutions take 1'):
    make(dqn=dqn | {'network': Grey})
  ours = make(dqn=dqn | {'network': q_networks.CompactDQNNetwork})
  assert ours.q_values(np.zeros((2, 40, 40, 3, 1))).shape == (2, 2)
