"""Offline updates beside the bare jitted update on data already in place.

python benchmarks/pretraining.py
"""

import argparse

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl import _dopamine_compat  # noqa: F401  isort: skip
import gin
from dopamine.jax.agents.dqn import dqn_agent
from timing import in_turn

from reincarnating_rl.agents import labelling
from reincarnating_rl.agents.dqn import QDaggerDQNAgent
from reincarnating_rl.replay.device_view import device_view
from reincarnating_rl.runner import offline


class _ConstantTeacher:
  num_actions = 6
  fingerprint = 'constant'

  def policy_logits(self, states):
    return np.zeros((len(states), self.num_actions), np.float32)


def main() -> None:
  """Prints milliseconds an update and their ratio to the bare one."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--frames', type=int, default=20_000)
  parser.add_argument('--updates', type=int, default=20, help='in one timing')
  parser.add_argument('--rounds', type=int, default=9)
  args = parser.parse_args()

  gin.parse_config('JaxDQNAgent.loss_type = "huber"')
  agent = QDaggerDQNAgent(num_actions=6, seed=0)
  agent.set_teacher(_ConstantTeacher())
  store = agent.make_replay(args.frames)
  rng = np.random.default_rng(0)
  for _ in range(args.frames // 1000):
    store.add_episode(
      rng.integers(0, 256, (1000, 84, 84), np.uint8),
      rng.integers(0, 6, 1000).astype(np.int32),
      rng.normal(size=1000).astype(np.float32),
      terminal=True,
    )
  labelling.label(store, agent.teacher, chunk=32)
  view = device_view(store)
  batch = jax.device_put(store.sample())
  chunk = min(offline.chunk_limit(), args.updates)

  learner = jax.tree.map(jnp.copy, agent._learner_state)

  def bare_update() -> None:
    """Our update on one batch: TD and distillation, no replay."""
    nonlocal learner
    for _ in range(args.updates):
      learner, _ = agent._update(
        learner, agent.target_network_params, batch, agent._coefficients
      )
    jax.block_until_ready(learner)

  optimizer = dqn_agent.create_optimizer('adam')

  def dopamine_update() -> None:
    """Dopamine's update on the same batch: TD only, no replay."""
    params, optimizer_state = agent.online_params, agent.optimizer_state
    for _ in range(args.updates):
      optimizer_state, params, _ = dqn_agent.train(
        agent.network_def,
        params,
        agent.target_network_params,
        optimizer,
        optimizer_state,
        batch.state,
        batch.action,
        batch.next_state,
        batch.reward,
        batch.is_terminal,
        agent.cumulative_gamma,
        'huber',
      )
    jax.block_until_ready(params)

  def offline_phase() -> None:
    """What the PRETRAIN phase does: sampling, gathering, target syncs too."""
    for _ in range(args.updates // chunk):
      keys = store.sample_keys((chunk, agent.batch_size))
      agent.pretrain(view, store.slots(keys))
    jax.block_until_ready(agent.online_params)

  alternatives = {
    'bare update (limit)': bare_update,
    'Dopamine update, no distillation': dopamine_update,
    f'offline phase, {chunk} a program': offline_phase,
  }
  seconds = in_turn(alternatives, rounds=args.rounds)
  limit = seconds['bare update (limit)']
  print(f'{jax.default_backend()}, batch {agent.batch_size}')
  for name, value in seconds.items():
    each = 1e3 * value / args.updates
    print(f'{name:45} {each:8.2f} ms  {value / limit:5.2f} x the limit')


if __name__ == '__main__':
  main()
