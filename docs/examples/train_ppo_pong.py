"""A PPO of Stable-Baselines3 that plays Pong, to teach a value-based student.

  pip install 'stable-baselines3==2.9.2' 'ale-py>=0.12,<0.13' torch
  python docs/examples/train_ppo_pong.py --out runs/ppo_pong

trains in 16 environments with sticky actions, two small convolutions and one
core of a CPU, until it is stopped, and goes on from there when it is started
again. Each 10,240 steps it writes

  model.zip  what Stable-Baselines3 goes on with
  policy.pt  the policy's layers: conv1, conv2, fc, action_net
  log.jsonl  steps, the mean return of the last 100 episodes, and CPU seconds

The student needs neither this script nor PyTorch.
"""

import argparse
import json
import os
import pathlib
import time
from typing import Any

import ale_py
import gymnasium as gym
import numpy as np
import stable_baselines3 as sb3
import torch
from stable_baselines3.common import callbacks, torch_layers, vec_env

ROLLOUT_STEPS = 128  # in each environment
ROLLOUTS_A_ROW = 5


class SmallConvolutions(torch_layers.BaseFeaturesExtractor):
  """The two convolutions of Mnih et al. 2013, without padding."""

  def __init__(self, space: gym.Space, features_dim: int = 256) -> None:
    super().__init__(space, features_dim)
    self.conv1 = torch.nn.Conv2d(4, 16, 8, stride=4)
    self.conv2 = torch.nn.Conv2d(16, 32, 4, stride=2)
    self.fc = torch.nn.Linear(32 * 9 * 9, features_dim)

  def forward(self, observations: torch.Tensor) -> torch.Tensor:
    """Returns the last hidden layer."""
    hidden = torch.relu(self.conv1(observations))
    hidden = torch.relu(self.conv2(hidden))
    return torch.relu(self.fc(hidden.flatten(1)))


class Pong(vec_env.VecEnv):
  """ALE's vector of environments, as Stable-Baselines3 wants one."""

  def __init__(self, num_envs: int, seed: int) -> None:
    self._games = ale_py.AtariVectorEnv(
      'pong',
      num_envs=num_envs,
      num_threads=1,
      repeat_action_probability=0.25,
      noop_max=0,
      reward_clipping=False,
      use_fire_reset=False,
    )
    self._game_seeds = np.arange(num_envs) + seed
    super().__init__(
      num_envs,
      gym.spaces.Box(0, 255, (4, 84, 84), np.uint8),
      gym.spaces.Discrete(6),
    )

  def reset(self) -> np.ndarray:
    """Begins all games."""
    return self._games.reset(seed=self._game_seeds)[0]

  def step_async(self, actions: np.ndarray) -> None:
    """Sends an action to each game."""
    self._games.send(np.asarray(actions, np.int32))

  def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
    """Returns what came of them."""
    states, rewards, terminals, truncations, _ = self._games.recv()
    ends = terminals | truncations
    infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
    for i in np.nonzero(ends)[0]:
      infos[i]['terminal_observation'] = states[i]
      infos[i]['TimeLimit.truncated'] = bool(truncations[i])
    return states, rewards.astype(np.float32), ends, infos

  def close(self) -> None:
    """Ends the games."""
    self._games.close()

  def get_attr(self, attr_name: str, indices: Any = None) -> list:
    """Knows nothing of single games."""
    return [None] * self.num_envs

  def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
    """Cannot change a game."""
    raise NotImplementedError

  def env_method(self, method_name: str, *args: Any, **kwargs: Any) -> list:
    """Cannot call a game."""
    raise NotImplementedError

  def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list:
    """Says that the games have no wrappers."""
    return [False] * self.num_envs


class Writer(callbacks.BaseCallback):
  """Writes the files of the folder, each whole or not at all."""

  def __init__(self, folder: pathlib.Path) -> None:
    super().__init__()
    self._folder = folder

  def _on_step(self) -> bool:
    return True

  def _on_rollout_end(self) -> None:
    if self.n_calls % (ROLLOUT_STEPS * ROLLOUTS_A_ROW):
      return
    returns = [episode['r'] for episode in self.model.ep_info_buffer]
    row = {
      'steps': self.num_timesteps,
      'return': float(np.mean(returns)) if returns else None,
      'episodes': len(returns),
      'cpu_seconds': time.process_time(),
    }
    with (self._folder / 'log.jsonl').open('a') as file:
      print(json.dumps(row), file=file)
    print(row, flush=True)
    policy = self.model.policy
    layers = policy.features_extractor.state_dict()
    layers |= policy.action_net.state_dict(prefix='action_net.')
    self.model.save(self._folder / 'new.zip')
    torch.save(layers, self._folder / 'new.pt')
    os.replace(self._folder / 'new.zip', self._folder / 'model.zip')
    os.replace(self._folder / 'new.pt', self._folder / 'policy.pt')


def main() -> None:
  """Trains, or goes on."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--out', type=pathlib.Path, required=True)
  parser.add_argument('--steps', type=int, default=20_000_000)
  parser.add_argument('--seed', type=int, default=0)
  for name, value, told in (
    ('--entropy', 0.01, 'coefficient of the bonus'),
    ('--learning_rate', 3e-4, 'of Adam'),
    ('--batch_size', 256, 'steps of a minibatch'),
    ('--epochs', 3, 'times that each step is learnt from'),
  ):
    parser.add_argument(name, type=type(value), default=value, help=told)
  args = parser.parse_args()
  args.out.mkdir(parents=True, exist_ok=True)
  torch.set_num_threads(1)
  games = vec_env.VecMonitor(Pong(16, args.seed))
  saved = args.out / 'model.zip'
  settings = {
    'ent_coef': args.entropy,
    'learning_rate': args.learning_rate,
    'batch_size': args.batch_size,
    'n_epochs': args.epochs,
  }
  if begun := saved.exists():
    model = sb3.PPO.load(
      saved, env=games, device='cpu', custom_objects=settings
    )
  else:
    model = sb3.PPO(
      'CnnPolicy',
      games,
      n_steps=ROLLOUT_STEPS,
      **settings,
      clip_range=0.1,
      policy_kwargs={
        'features_extractor_class': SmallConvolutions,
        'net_arch': [],
      },
      seed=args.seed,
      device='cpu',
    )
  model.learn(
    args.steps, callback=Writer(args.out), reset_num_timesteps=not begun
  )


if __name__ == '__main__':
  main()
