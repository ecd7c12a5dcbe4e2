"""Actors and critics whose numbers are worked by hand.

The action is `w` times the state, and critic i says `q_i` times the state plus
`q_i` times the action, or has logits that do not depend on either.
"""

import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from reincarnating_rl.learner.types import Batch, Weights


class Linear(nn.Module):
  """A policy of one number, and critics of one number."""

  policy_width: int = 1
  num_critics: int = 2

  def setup(self):
    self._actor = Scale(self.policy_width)
    self._critics = Scale(self.num_critics)

  def __call__(self, state):
    return self.actor(state), self.critic(state, jnp.zeros(1))

  def actor(self, state):
    return self._actor() * state[0]

  def critic(self, state, action):
    return (self._critics() * (state[0] + action[0]))[:, None]


class Atoms(nn.Module):
  """A policy of one number, and critics whose logits are parameters."""

  num_critics: int = 1
  num_atoms: int = 3

  def setup(self):
    self._actor = Scale(1)
    self._critics = Scale(self.num_critics * self.num_atoms)

  def __call__(self, state):
    return self.actor(state), self.critic(state, jnp.zeros(1))

  def actor(self, state):
    return self._actor() * state[0]

  def critic(self, state, action):
    # The last atom is the likelier, the larger the action.
    logits = self._critics().reshape(self.num_critics, self.num_atoms)
    return logits + action[0] * jnp.eye(self.num_atoms)[-1:]


class Scale(nn.Module):
  """Some numbers."""

  size: int

  @nn.compact
  def __call__(self):
    return self.param('w', nn.initializers.zeros, (self.size,))


def params(actor, critics, log_alpha=None):
  """Parameters of `Linear` or `Atoms`."""
  made = {
    'params': {
      '_actor': {'w': jnp.float32(actor)},
      '_critics': {'w': jnp.float32(critics).reshape(-1)},
    }
  }
  if log_alpha is not None:
    made['temperature'] = {'log_alpha': jnp.float32([log_alpha])}
  return made


def batch(state, action, reward, next_state, *, discount=0.5, teacher=0.0):
  """Examples of states and actions that are one number each."""
  size = len(state)
  teacher = np.float32(teacher) * np.ones((size, 1), np.float32)
  return Batch(
    state=np.float32(state).reshape(size, 1),
    action=np.float32(action).reshape(size, 1),
    reward=np.float32(reward),
    discount=np.full(size, discount, np.float32),
    next_state=np.float32(next_state).reshape(size, 1),
    is_terminal=np.zeros(size, bool),
    teacher_policy=teacher,
    importance_weight=np.ones(size, np.float32),
  )


def weights(terms, learning_rate=1.0):
  """The first weights of some terms."""
  return Weights(
    {term.name: np.float32(term.weight) for term in terms},
    np.float32(learning_rate),
  )
