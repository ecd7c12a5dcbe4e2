"""Dopamine's `Runner` under its own name in gin, with a setting of ours."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import gin
from dopamine.discrete_domains import run_experiment

from reincarnating_rl.support.setting_types import (
  NonNegativeInt,
  PositiveInt,
)

_DOPAMINES = inspect.unwrap(run_experiment.Runner.__init__)

with gin.config.interactive_mode():  # It takes the place of Dopamine's.

  @gin.configurable(module=run_experiment.__name__)
  class Runner(run_experiment.Runner):
    """Dopamine's, which may train in several environments at once.

    Attributes:
      num_environments: N.
    """

    def __init__(
      self,
      base_dir: str,
      create_agent_fn: Callable[..., Any],
      create_environment_fn: Callable[..., Any],
      checkpoint_file_prefix: str = 'ckpt',
      logging_file_prefix: str = 'log',
      log_every_n: PositiveInt = 1,
      num_iterations: NonNegativeInt = 200,
      training_steps: PositiveInt = 250_000,
      evaluation_steps: PositiveInt = 125_000,
      max_steps_per_episode: PositiveInt = 27_000,
      clip_rewards: bool = True,
      use_legacy_logger: bool = True,
      fine_grained_print_to_console: bool = True,
      num_environments: PositiveInt = 1,
    ) -> None:
      """Builds it; Dopamine's constructor describes the rest.

      Args:
        base_dir: of the run.
        create_agent_fn: is told of `num_environments` if it is above 1.
        create_environment_fn: makes one environment.
        checkpoint_file_prefix: of Dopamine's checkpoints.
        logging_file_prefix: of Dopamine's logs.
        log_every_n: iterations between two logs.
        num_iterations: online.
        training_steps: in each, of all environments together.
        evaluation_steps: after each.
        max_steps_per_episode: where a time-out ends an episode.
        clip_rewards: that are learnt from, to [-1, 1].
        use_legacy_logger: of Dopamine.
        fine_grained_print_to_console: of Dopamine.
        num_environments: in which the student trains, a step in each at a time.
      """
      self.num_environments = num_environments
      if num_environments > 1:
        create_agent_fn = functools.partial(
          create_agent_fn, num_environments=num_environments
        )
      _DOPAMINES(
        self,
        base_dir,
        create_agent_fn,
        create_environment_fn,
        checkpoint_file_prefix=checkpoint_file_prefix,
        logging_file_prefix=logging_file_prefix,
        log_every_n=log_every_n,
        num_iterations=num_iterations,
        training_steps=training_steps,
        evaluation_steps=evaluation_steps,
        max_steps_per_episode=max_steps_per_episode,
        clip_rewards=clip_rewards,
        use_legacy_logger=use_legacy_logger,
        fine_grained_print_to_console=fine_grained_print_to_console,
      )
