"""Students with an actor, whose actions are vectors."""

import functools
import math
from typing import Any

import numpy as np
from flax import linen as nn

from reincarnating_rl.agents import control_parts, gin_forwarding
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.envs.policies import deterministic_policy


class ControlStudent(Student):
  """What students with an actor have beside `Student`."""

  first_argument = 'actions'
  epsilon_eval = 0.0  # Of a teacher that is measured.

  def _dopamine_settings(self, seed: int, network: Any) -> dict[str, Any]:
    settings = gin_forwarding.dopamine_settings(self.kind, frozenset(), network)
    network = settings.pop('network', None) or gin_forwarding.taken(
      self.kind.network_parameter
    )
    bound = np.ones(self.actions.shape, np.float32)
    return {
      'action_shape': self.actions.shape,
      'action_limits': (-bound, bound),
      'seed': seed,
      'network': functools.partial(self._make_network, network),
      **settings,
      **self._game_settings,
    }

  def _make_network(
    self,
    network: Any,
    action_shape: tuple[int, ...],
    num_layers: int,
    hidden_units: int,
    action_limits: Any,
  ) -> nn.Module:
    """Makes the network, as Dopamine's constructor asks for one.

    That of a teacher has its sizes already; bindings of ours count before.
    """
    del action_limits  # All is in [-1, 1].
    sizes = {'num_layers': num_layers, 'hidden_units': hidden_units}
    if isinstance(network, functools.partial):
      bound = gin_forwarding.bound_names(self.kind.gin_name)
      kept = network.keywords.keys() - bound
      sizes = {n: x for n, x in sizes.items() if n not in kept}
    head = self.kind.head(self.kind_settings)
    return network(num_actions=math.prod(action_shape), **head, **sizes)

  def _finish_building(self) -> None:
    self._mean_actions = control_parts.mean_actions(self.learner)

  def evaluation_policy(self) -> Policy:
    """Returns how it plays where it is measured: by its mean action."""
    return deterministic_policy(
      lambda states, keys: self._mean_actions(self.trainer.state.params, states)
    )

  @property
  def epsilon(self) -> float:
    """Probability of a uniformly random action now: 1 or 0.

    It is 1 until the replay is full enough to learn from, as in Dopamine,
    except for a student that has learnt offline or begins as its teacher is.
    """
    has_learnt = self.trainer.pretraining_updates > 0
    if self.eval_mode or has_learnt or self.method.starts_from_teacher:
      return 0.0
    return float(self._replay.add_count <= self.min_replay_history)
