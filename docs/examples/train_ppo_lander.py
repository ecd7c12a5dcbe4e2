"""A PPO of Stable-Baselines3 that lands, for LunarLander's student to surpass.

  pip install 'stable-baselines3==2.9.2' 'gymnasium[box2d]'
  python docs/examples/train_ppo_lander.py --out runs/ppo_lander.zip

trains in 16 environments for 1,146,880 steps: a million, each tenth of which is
rounded up to whole rollouts. That took 12 CPU-minutes. The settings are those
that RL Zoo has for this game. The script needs PyTorch; to read the file that
it writes, nobody does.
"""

import argparse
import pathlib

import stable_baselines3 as sb3
from stable_baselines3.common import env_util


def main() -> None:
  """Trains, and writes the file after each tenth of the steps."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--out', type=pathlib.Path, required=True)
  parser.add_argument('--steps', type=int, default=1_000_000)
  parser.add_argument('--seed', type=int, default=0)
  args = parser.parse_args()
  args.out.parent.mkdir(parents=True, exist_ok=True)
  model = sb3.PPO(
    'MlpPolicy',
    env_util.make_vec_env('LunarLander-v3', n_envs=16, seed=args.seed),
    n_steps=1024,
    batch_size=64,
    n_epochs=4,
    gamma=0.999,
    gae_lambda=0.98,
    ent_coef=0.01,
    seed=args.seed,
    device='cpu',
    verbose=1,
  )
  for _ in range(10):
    model.learn(args.steps // 10, reset_num_timesteps=False)
    model.save(args.out)


if __name__ == '__main__':
  main()
