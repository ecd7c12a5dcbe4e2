"""Offline updates beside the bare jitted update on data already in place.

python benchmarks/pretraining.py --student dqn

The settings are those of the shipped qdagger_dqn.gin or qdagger_rainbow.gin.
"""

import argparse
from collections.abc import Sequence

import jax
import numpy as np

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import networks
from dopamine.jax.agents.dqn import dqn_agent
from dopamine.jax.agents.full_rainbow import full_rainbow_agent
from limits import bare_updates
from timing import in_turn

from reincarnating_rl.agents import labelling
from reincarnating_rl.agents.student import Student
from reincarnating_rl.replay.device_view import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner import factories, teacher_data
from reincarnating_rl.settings import gin_parsing


class _ConstantTeacher:
  num_actions = 6
  fingerprint = 'constant'
  acts = 'greedy'
  lineage = {'temperature': 1.0}

  def policy_logits(self, states):
    return np.zeros((len(states), self.num_actions), np.float32)


def _train_dqn(agent, optimizer, learner, batch):
  return dqn_agent.train(
    agent.network_def,
    learner[1],
    agent.target_network_params,
    optimizer,
    learner[0],
    batch.state,
    batch.action,
    batch.next_state,
    batch.reward,
    batch.is_terminal,
    agent.cumulative_gamma,
    'huber',
  )[:2]


def _train_rainbow(agent, optimizer, learner, batch):
  return full_rainbow_agent.train(
    networks.FullRainbowNetwork(6, num_atoms=51, noisy=False, dueling=False),
    learner[1],
    agent.target_network_params,
    optimizer,
    learner[0],
    batch.state,
    batch.action,
    batch.next_state,
    batch.reward,
    batch.is_terminal,
    batch.importance_weight,
    agent._support,
    agent.cumulative_gamma,
    double_dqn=False,
    distributional=True,
    mse_loss=False,
    rng=agent.trainer.state.key,
  )[:2]


DOPAMINE_TRAIN = {'dqn': _train_dqn, 'rainbow': _train_rainbow}


def filled(
  student: str, frames: int, bindings: Sequence[str] = ()
) -> tuple[Student, FrameStore]:
  """Returns a student as it is shipped, and labelled data for it.

  Args:
    student: `dqn` or `rainbow`.
    frames: how many there are; episodes have 1,000.
    bindings: gin's, which replace what is shipped.
  """
  kind = factories.AGENTS[f'qdagger_{student}']
  gin_parsing.load(
    [f'qdagger_{student}.gin'],
    [*bindings],
    network_parameter=kind.kind.network_parameter,
  )
  agent = kind(num_actions=6, seed=0, teacher=_ConstantTeacher())
  store = agent.make_replay(frames)
  rng = np.random.default_rng(0)
  for _ in range(frames // 1000):
    store.add_episode(
      rng.integers(0, 256, (1000, 84, 84), np.uint8),
      rng.integers(0, 6, 1000).astype(np.int32),
      rng.normal(size=1000).astype(np.float32),
      terminal=True,
    )
  labelling.label(store, agent.teacher, chunk=32)
  return agent, store


def main() -> None:
  """Prints milliseconds an update and their ratio to the bare one."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--student', choices=DOPAMINE_TRAIN, default='dqn')
  parser.add_argument('--frames', type=int, default=20_000)
  parser.add_argument('--updates', type=int, default=20, help='in one timing')
  parser.add_argument('--rounds', type=int, default=9)
  args = parser.parse_args()

  agent, store = filled(args.student, args.frames)
  view = device_view(store)
  batch = jax.device_put(store.sample())
  chunk = min(teacher_data.chunk_limit(), args.updates)

  optimizer = dqn_agent.create_optimizer('adam')

  def dopamine_update() -> None:
    """Dopamine's update on the same batch: TD only, no replay."""
    state = agent.trainer.state
    learner = state.optimizer_state, state.params
    for _ in range(args.updates):
      learner = DOPAMINE_TRAIN[args.student](agent, optimizer, learner, batch)
    jax.block_until_ready(learner)

  def offline_phase() -> None:
    """What the PRETRAIN phase does: sampling, gathering, target syncs too."""
    for _ in range(args.updates // chunk):
      keys = store.sample_keys((chunk, agent.batch_size))
      agent.trainer.pretrain(view, store.slots(keys))
    jax.block_until_ready(agent.trainer.state)

  alternatives = {
    'bare update (limit)': bare_updates(agent, batch, args.updates),
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
