"""Diagnosis: what a student's values are worth, from episodes that it played.

A student that is weaned has values that fit its teacher's policy, not yet its
own. These figures tell when they do.
"""

from collections.abc import Sequence

import numpy as np
from absl import logging
from scipy import special

from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.lanes import Episode, Policy
from reincarnating_rl.replay.monte_carlo import discounted_sums
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.data_teacher import has_policy


class Diagnosis:
  """The diagnosis of one student."""

  def __init__(self, agent: Student, *, clip_rewards: bool) -> None:
    """Takes the student, and whether it learns from rewards in [-1, 1]."""
    self._agent, self._clip_rewards = agent, clip_rewards

  def observed(self, policy: Policy) -> Policy:
    """Returns the student's policy with the teacher beside it, if any."""
    teacher = self._agent.teacher
    return beside(policy, teacher) if has_policy(teacher) else policy

  def __call__(self, episodes: Sequence[Episode]) -> dict[str, float]:
    """Returns what `diagnose` says of episodes of the observed policy."""
    agent = self._agent
    return diagnose(
      episodes,
      num_actions=agent.num_actions,
      discount=agent.gamma,
      clip_rewards=self._clip_rewards,
      temperature=agent.method.temperature(agent.method_settings),
    )


def atoms_notice(agent: Student) -> 'AtomsNotice | None':
  """Returns who says that returns lie beyond a student's atoms, if it has any.

  Args:
    agent: the student, which learns from rewards as they are.
  """
  told = agent.value.meaning
  if 'atoms from' not in told or not told.get('distributional', True):
    return None
  return AtomsNotice(agent, (told['atoms from'], told['atoms to']))


class AtomsNotice:
  """Says once that returns lie beyond the atoms of a student's values."""

  def __init__(self, agent: Student, atoms: tuple[float, float]) -> None:
    """Has said nothing yet.

    Args:
      agent: the student.
      atoms: the first and the last.
    """
    self._atoms: tuple[float, float] | None = atoms
    self._scale = getattr(agent.value, 'reward_scale', 1.0)
    self._discount, self._kind = agent.gamma, agent.kind

  def tell(self, episodes: Sequence[Episode]) -> None:
    """Warns of what followed any step, unless it has warned before.

    Args:
      episodes: that the student played.
    """
    if self._atoms is None:
      return
    returns = np.concatenate(
      [
        discounted_sums(e.rewards, np.arange(e.length)[::-1], self._discount)
        for e in episodes
      ]
    )
    low, high = self._scale * returns.min(), self._scale * returns.max()
    first, last = self._atoms
    if first <= low and high <= last:
      return
    logging.warning(
      'Discounted returns of an evaluation reach from %.4g to %.4g, and the '
      "atoms of the student's values from %.4g to %.4g: it can learn no "
      'others. Set %s.',
      *(low, high, first, last),
      'D4PG.vmin and D4PG.vmax'
      if self._kind.is_continuous
      else f'{self._kind.gin_name}.vmax',
    )
    self._atoms = None


def beside(policy: Policy, teacher: Teacher) -> Policy:
  """Adds a teacher's logits to the extras of a policy.

  Args:
    policy: plays; its extras are Q-values [E, A].
    teacher: is asked about the same states.

  Returns:
    A policy that acts as `policy`, with extras [E, 2 A]: values, then logits.
  """

  def both(
    states: np.ndarray, keys: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray]:
    actions, values = policy(states, keys)
    logits = teacher.policy_logits(np.ascontiguousarray(states))
    return actions, np.concatenate([values, np.asarray(logits)], axis=1)

  return both


def diagnose(
  episodes: Sequence[Episode],
  *,
  num_actions: int,
  discount: float,
  clip_rewards: bool = False,
  temperature: float | None = None,
) -> dict[str, float]:
  """Compares what a student expected with what came.

  Episodes that a time limit ended say nothing of returns and TD errors.

  Args:
    episodes: with Q-values as extras, or with `beside`'s.
    num_actions: A.
    discount: gamma.
    clip_rewards: whether the student learns from rewards in [-1, 1].
    temperature: tau of the student's policy `softmax(Q / tau)`.

  Returns:
    Means over all steps, those that can be told:
    `GreedyValue`, max Q(s, .); `ActionGap`, how far the second best is below;
    `DiscountedReturn`, the sum of discounted rewards that followed, and
    `ValueOfReturns`, max Q at the same steps; `TDError`, the root mean square
    of r + gamma max Q(s', .) - Q(s, a), divided by the standard deviation of
    its target; `TeacherAgreement`, how often the best actions are the same;
    `TeacherKL`, KL(teacher || student) in nats.
  """
  extras = np.concatenate([e.extras for e in episodes]).astype(np.float64)
  values, logits = extras[:, :num_actions], extras[:, num_actions:]
  best = np.sort(values, axis=1)
  found = {'GreedyValue': best[:, -1].mean()}
  if num_actions > 1:
    found['ActionGap'] = (best[:, -1] - best[:, -2]).mean()
  found |= _of_returns(episodes, num_actions, discount, clip_rewards)
  if logits.shape[1]:
    same = values.argmax(axis=1) == logits.argmax(axis=1)
    found['TeacherAgreement'] = same.mean()
    if temperature is not None:
      teacher = special.log_softmax(logits, axis=1)
      student = special.log_softmax(values / temperature, axis=1)
      gaps = special.softmax(logits, axis=1) * (teacher - student)
      found['TeacherKL'] = gaps.sum(axis=1).mean()
  return {name: float(x) for name, x in found.items()}


def _of_returns(
  episodes: Sequence[Episode],
  num_actions: int,
  discount: float,
  clip_rewards: bool,
) -> dict[str, float]:
  ended = [episode for episode in episodes if episode.terminal]
  if not ended:
    return {}
  greedy, returns, targets, errors = [], [], [], []
  for episode in ended:
    rewards = episode.rewards.astype(np.float64)
    if clip_rewards:
      rewards = rewards.clip(-1.0, 1.0)
    values = episode.extras[:, :num_actions].astype(np.float64)
    best = values.max(axis=1)
    target = rewards + discount * np.append(best[1:], 0.0)
    greedy.append(best)
    left = np.arange(len(rewards))[::-1]
    returns.append(discounted_sums(rewards, left, discount))
    targets.append(target)
    errors.append(target - values[np.arange(len(best)), episode.actions])
  scale = np.concatenate(targets).std()
  found = {
    'DiscountedReturn': np.concatenate(returns).mean(),
    'ValueOfReturns': np.concatenate(greedy).mean(),
  }
  if scale > 0.0:
    found['TDError'] = np.sqrt(np.square(np.concatenate(errors)).mean()) / scale
  return found
