"""SAC's update is Dopamine's."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import continuous_networks
from dopamine.jax.agents.sac import sac_agent

from reincarnating_rl.learner.control import actor_critic
from reincarnating_rl.learner.control.learner import make_control_learner
from reincarnating_rl.learner.control.terms import ControlTerms
from reincarnating_rl.learner.types import Batch
from reincarnating_rl.networks.control_networks import MLPActorCriticNetwork
from tests.learner.control.cases import weights

D, M, B, RATE, GAMMA, ENTROPY, SCALE = 3, 5, 8, 1e-2, 0.97, -1.5, 2.0


def random_batch(seed):
  rng = np.random.default_rng(seed)
  terminal = rng.random(B) < 0.3
  return Batch(
    state=rng.normal(size=(B, M, 1)).astype(np.float32),
    action=rng.uniform(-1, 1, (B, D)).astype(np.float32),
    reward=rng.normal(size=B).astype(np.float32),
    discount=np.float32(GAMMA * (1 - terminal)),
    next_state=rng.normal(size=(B, M, 1)).astype(np.float32),
    is_terminal=terminal,
    teacher_policy=np.zeros((B, 0), np.float32),
    importance_weight=np.ones(B, np.float32),
  )


def test_several_updates_are_dopamines():
  functions = actor_critic.sac(target_entropy=ENTROPY, reward_scale=SCALE)
  terms = ControlTerms(functions).own()
  sizes = {'num_layers': 2, 'hidden_units': 16}
  learner = make_control_learner(
    functions,
    MLPActorCriticNetwork(num_actions=D, **sizes),
    terms,
    optax.adam(1.0, eps=1.5e-4),
    example=np.zeros((M, 1), np.float32),
    smoothing=0.05,
  )
  network = continuous_networks.ActorCriticNetwork(
    (D,), action_limits=((-1.0,) * D, (1.0,) * D), **sizes
  )
  adam, key = optax.adam(RATE, eps=1.5e-4), jax.random.PRNGKey(3)
  rng, init_key = jax.random.split(key)
  state = np.zeros((M, 1), np.float32)
  params = target = network.init(init_key, state, init_key)
  log_alpha = jnp.zeros(1)
  moments, alpha_moments = adam.init(params), adam.init(log_alpha)
  ours, update = learner.init(key), jax.jit(learner.update)
  for seed in range(4):
    batch = random_batch(seed)
    rng, train_key = jax.random.split(rng)
    theirs = sac_agent.train(
      network,
      adam,
      adam,
      moments,
      alpha_moments,
      params,
      target,
      log_alpha,
      train_key,
      batch.state,
      batch.action,
      batch.next_state,
      batch.reward,
      batch.is_terminal,
      GAMMA,
      ENTROPY,
      SCALE,
    )
    params, log_alpha = theirs['network_params'], theirs['log_alpha']
    moments = theirs['optimizer_state']
    alpha_moments = theirs['alpha_optimizer_state']
    target = jax.tree.map(lambda t, o: 0.05 * o + 0.95 * t, target, params)
    ours, report = update(ours, batch, weights(terms, RATE))
    for name, metric in (
      ('Critic', 'Loss/TD'),
      ('Actor', 'Loss/Policy'),
      ('Alpha', 'Loss/Temperature'),
    ):
      np.testing.assert_allclose(
        report.metrics[metric], theirs[f'Losses/{name}'], rtol=1e-4, atol=1e-5
      )
  found = dict(ours.params['params']), ours.params['temperature']['log_alpha']
  for a, b in (
    (found, (params['params'], log_alpha)),
    (ours.target_params, target),
  ):
    jax.tree.map(
      lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5), a, b
    )
  np.testing.assert_array_equal(ours.key, rng)
  assert float(abs(log_alpha[0])) > 0.01  # All of it has moved.
