"""A policy teacher for those who have none: a clone in CleanRL's format.

  python docs/examples/clone_policy.py --out runs/clone/ppo.cleanrl_model

plays the bundled Pong DQN and trains a policy network on what it would do. What
it writes has the layers and the format of CleanRL's
ppo_atari_envpool_xla_jax.py, with a critic of zeros: it stands in for a PPO
that was trained for a day. configs/ppo_to_dqn_pong.gin makes a DQN of it.
"""

import argparse
import pathlib

import flax
import jax
import numpy as np
import optax
import tqdm.auto as tqdm

from reincarnating_rl.envs import games, policies, rollouts
from reincarnating_rl.envs.lanes import Keep
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.base import Teacher

NUM_ACTIONS, STACK_SIZE = 6, 4
# That of `Agent` in the script: Mnih et al. 2015, without padding.
NETWORK = LayeredNetwork(
  NUM_ACTIONS,
  convolutions=(
    *((32, (8, 8), 4, 0), (64, (4, 4), 2, 0)),
    (64, (3, 3), 1, 0),
  ),
  hidden=(512,),
  scale=255.0,
  output='policy',
)


def collect(teacher: Teacher, num_steps: int) -> FrameStore:
  """Plays the teacher, a little at random, and keeps states and logits."""
  store = FrameStore(
    capacity=2 * num_steps + 100_000,
    observation_shape=(84, 84),
    observation_dtype=np.uint8,
    stack_size=STACK_SIZE,
    n_step=1,
    gamma=0.99,
    actions=Discrete(NUM_ACTIONS),
    policy_size=NUM_ACTIONS,
    batch_size=64,
    seed=0,
  )
  with tqdm.tqdm(total=num_steps, desc='play', unit=' steps') as bar:
    for episode in rollouts.rollouts(
      games.create_game('Pong').create_vector_environment(),
      policies.epsilon_greedy_policy(teacher.policy_logits, 0.05),
      seed=0,
      iteration=0,
      stack_size=STACK_SIZE,
      min_steps=num_steps,
      keep=Keep.ALL,
      on_steps=bar.update,
    ):
      store.add_episode(
        episode.observations,
        episode.actions,
        np.clip(episode.rewards, -1.0, 1.0),
        terminal=episode.terminal,
        teacher_policy=episode.extras,
      )
  return store


def clone(store: FrameStore, num_updates: int) -> dict:
  """Trains a policy towards the logits; returns its parameters."""
  optimizer = optax.adam(optax.cosine_decay_schedule(1e-3, num_updates))

  def loss(params: dict, states: jax.Array, logits: jax.Array) -> jax.Array:
    ours = jax.vmap(lambda state: NETWORK.apply(params, state).logits)(states)
    return optax.losses.kl_divergence_with_log_targets(
      jax.nn.log_softmax(ours), jax.nn.log_softmax(logits)
    ).mean()

  @jax.jit
  def update(
    params: dict, state: optax.OptState, states: jax.Array, logits: jax.Array
  ) -> tuple[dict, optax.OptState, jax.Array]:
    value, gradient = jax.value_and_grad(loss)(params, states, logits)
    change, state = optimizer.update(gradient, state)
    return optax.apply_updates(params, change), state, value

  params = NETWORK.init(jax.random.key(0), np.zeros((84, 84, STACK_SIZE)))
  state = optimizer.init(params)
  bar = tqdm.trange(num_updates, desc='clone', unit=' updates')
  for number in bar:
    batch = store.gather(store.sample_keys((64,)))
    params, state, value = update(
      params, state, batch.state, batch.teacher_policy
    )
    if number % 100 == 0:
      bar.set_postfix(KL=f'{float(value):.4f}')
  return params


def write(path: pathlib.Path, params: dict) -> None:
  """Writes what CleanRL's script writes: its settings, then three modules."""
  layers = dict(params['params'])
  head = layers.pop('Dense_1')
  critic = {'kernel': np.zeros((512, 1), 'f4'), 'bias': np.zeros(1, 'f4')}
  modules = [layers, {'Dense_0': head}, {'Dense_0': critic}]
  saved = [
    {'env_id': 'Pong-v5'},
    [{'params': jax.tree.map(np.asarray, module)} for module in modules],
  ]
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(flax.serialization.to_bytes(saved))


def main() -> None:
  """Plays, clones, writes."""
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('--out', type=pathlib.Path, required=True)
  parser.add_argument('--teacher', default='teacher_ckpts/Pong/1')
  parser.add_argument('--steps', type=int, default=40_000)
  parser.add_argument('--updates', type=int, default=4_000)
  # The Q-values of the bundled teacher's best two actions differ by 0.03 on
  # average.
  parser.add_argument('--temperature', type=float, default=0.03)
  options = parser.parse_args()
  teacher = factory.create_teacher(
    'auto',
    options.teacher,
    actions=Discrete(NUM_ACTIONS),
    observation_shape=(84, 84),
    stack_size=STACK_SIZE,
    temperature=options.temperature,
  )
  write(options.out, clone(collect(teacher, options.steps), options.updates))


if __name__ == '__main__':
  main()
