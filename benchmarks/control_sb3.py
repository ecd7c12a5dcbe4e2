"""Stable-Baselines3's agents for `control.py`, in a process of their own.

  PYTHON benchmarks/control_sb3.py AGENT TASK WARM_UP

For each line it reads, so many steps are trained; it answers with the seconds
that this process has computed for them. It imports nothing of ours but the
game.
"""

import json
import os
import sys
import time

os.environ['CUDA_VISIBLE_DEVICES'] = ''
if hasattr(os, 'sched_setaffinity'):
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

from reincarnating_rl.envs.control_games import ControlTask


def main() -> None:
  """Trains as long as it is asked to."""
  name, task, warm_up = sys.argv[1:]
  # The logger would bring TensorFlow, which may not live beside PyTorch.
  sys.modules['tensorboard'] = None
  import stable_baselines3
  import torch

  torch.set_num_threads(1)
  agent = getattr(stable_baselines3, name)(
    'MlpPolicy',
    ControlTask(task),
    batch_size=256,
    learning_starts=int(warm_up),
    train_freq=1,
    gradient_steps=1,
    policy_kwargs={'net_arch': [256, 256]},
    device='cpu',
    seed=0,
  )
  agent.learn(int(warm_up) + 100)
  print(json.dumps(stable_baselines3.__version__), flush=True)
  for line in sys.stdin:
    before, began = agent.num_timesteps, time.process_time()
    agent.learn(int(line), reset_num_timesteps=False)
    steps = agent.num_timesteps - before
    seconds = time.process_time() - began
    print(json.dumps(seconds * int(line) / steps), flush=True)


if __name__ == '__main__':
  main()
