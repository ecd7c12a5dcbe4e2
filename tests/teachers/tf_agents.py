"""Writes checkpoints of TensorFlow agents, and the Q-values they belong to.

  TF_USE_LEGACY_KERAS=1 python -m tests.teachers.tf_agents FOLDER

TensorFlow's behaviour and its Keras are chosen once a process, so each era has
its own: Dopamine's agents run on Keras 2 if the variable is 1, else on Keras 3.
Those of the era of slim are written by hand, in the one process of Keras 2.
"""

import os
import pathlib
import sys

import gin
import numpy as np
import tensorflow as tf  # Before `dopamine_compat`, which stands in for it.
import tf_slim as slim

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.discrete_domains import checkpointer
from dopamine.tf.agents.dqn import dqn_agent
from dopamine.tf.agents.implicit_quantile import implicit_quantile_agent
from dopamine.tf.agents.rainbow import rainbow_agent

NUMBER, NUM_ACTIONS = 199, 3
_KERAS_2 = os.environ['TF_USE_LEGACY_KERAS'] == '1'
_FRACTIONS = ((np.arange(64) + 0.5) / 64).astype(np.float32)[:, None]
_SUPPORT = np.linspace(-10.0, 10.0, 51, dtype=np.float32)
_BINDINGS = """
DQNAgent.observation_shape = (28, 28)
RainbowAgent.observation_shape = (28, 28)
WrappedReplayBuffer.replay_capacity = 100
WrappedReplayBuffer.batch_size = 2
WrappedPrioritizedReplayBuffer.replay_capacity = 100
WrappedPrioritizedReplayBuffer.batch_size = 2
ImplicitQuantileAgent.num_quantile_samples = 64
"""


def _midpoints(shape, **_):
  """Takes the place of samples, of which our teacher takes none."""
  return tf.constant(np.resize(_FRACTIONS, shape))


def _randomise(session):
  """Gives the biases, too, values that tell them apart."""
  rng = np.random.default_rng(1)
  for variable in tf.compat.v1.trainable_variables():
    noise = 0.03 * rng.standard_normal(variable.shape.as_list())
    session.run(variable.assign(session.run(variable) + noise))


def _write_values(folder, session, values, state):
  (folder / f'tf_ckpt-{NUMBER}.meta').unlink()  # The graph: large, not needed.
  rng = np.random.default_rng(0)
  states = rng.integers(256, size=(3, *state.shape.as_list()), dtype=np.uint8)
  found = [session.run(values, {state: s}).reshape(-1) for s in states]
  np.savez(folder / 'expected.npz', states=states[:, 0], q_values=found)


def _write_agent(folder, agent_class):
  folder.mkdir(parents=True)
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    agent = agent_class(session, NUM_ACTIONS)
    _randomise(session)
    bundle = agent.bundle_and_checkpoint(str(folder), NUMBER)
    checkpointer.Checkpointer(str(folder)).save_checkpoint(NUMBER, bundle)
    values = getattr(agent, '_q_values', None)  # IQN's mean over the fractions.
    if values is None:
      values = agent._net_outputs.q_values
    _write_values(folder, session, values, agent.state_ph)


def _slim_values(kind, state):
  x = tf.cast(state, tf.float32) / 255.0
  for features, side, stride in ((32, 8, 4), (64, 4, 2), (64, 3, 1)):
    x = slim.conv2d(x, features, [side, side], stride=stride)
  x = slim.flatten(x)
  if kind == 'implicit_quantile':
    cosines = tf.cos(_FRACTIONS * np.pi * np.arange(1, 65, dtype=np.float32))
    x = x * slim.fully_connected(cosines, int(x.shape[-1]))
  x = slim.fully_connected(x, 512)
  outputs = NUM_ACTIONS * (51 if kind == 'rainbow' else 1)
  x = slim.fully_connected(x, outputs, activation_fn=None)
  if kind == 'rainbow':
    x = tf.nn.softmax(tf.reshape(x, [NUM_ACTIONS, 51])) @ _SUPPORT[:, None]
  return tf.reduce_mean(x, axis=0) if kind == 'implicit_quantile' else x


def _write_slim(folder, kind):
  folder.mkdir(parents=True)
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    state = tf.compat.v1.placeholder(tf.uint8, [1, 28, 28, 4])
    with tf.compat.v1.variable_scope('Online'):
      values = _slim_values(kind, state)
    with tf.compat.v1.variable_scope('Target'):
      _slim_values(kind, state)
    optimizer = tf.compat.v1.train.RMSPropOptimizer(1e-3, centered=True)
    optimizer.minimize(tf.reduce_sum(values))
    session.run(tf.compat.v1.global_variables_initializer())
    _randomise(session)
    saver = tf.compat.v1.train.Saver()
    saver.save(session, str(folder / 'tf_ckpt'), global_step=NUMBER)
    _write_values(folder, session, values, state)


def main(folder):
  tf.compat.v1.disable_v2_behavior()
  tf.random.uniform = _midpoints
  gin.parse_config(_BINDINGS)
  # One that keeps nothing, so that the checkpoints are small.
  optimizer = tf.compat.v1.train.GradientDescentOptimizer(1e-3)
  for agent in ('DQNAgent', 'RainbowAgent'):
    gin.bind_parameter(f'{agent}.optimizer', optimizer)
  agents = {
    'dqn': dqn_agent.DQNAgent,
    'rainbow': rainbow_agent.RainbowAgent,
    'implicit_quantile': implicit_quantile_agent.ImplicitQuantileAgent,
  }
  if not _KERAS_2:
    del agents['implicit_quantile']  # Keras 3 cannot make it.
  for kind, agent_class in agents.items():
    _write_agent(folder / f'keras_{2 if _KERAS_2 else 3}' / kind, agent_class)
    if _KERAS_2:
      _write_slim(folder / 'slim' / kind, kind)


if __name__ == '__main__':
  main(pathlib.Path(sys.argv[1]))
