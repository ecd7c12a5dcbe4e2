"""Scores of policies that flew on the same seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

from reincarnating_rl.balloon.records import Record
from reincarnating_rl.envs.balloon_games import FAILURES
from reincarnating_rl.evaluation.normalization import summarize

NAMES = (
  'policy',
  'TWR50 (%)',
  'return',
  'failures',
  "of the first's TWR50",
  'of its return',
)


def summarise(flights: Mapping[str, Sequence[Record]]) -> list[dict[str, Any]]:
  """Returns the scores of each policy, JSON-able.

  Args:
    flights: by policy, on the same seeds. All are compared with the first.

  Returns:
    For each: means and standard errors (None for one flight) of the fraction of
    time within 50 km and of the return; how often each failure ended a flight;
    and the means as fractions of the first policy's, None if that is 0.
  """
  policies = []
  for name, records in flights.items():
    time = summarize([record['time_within_radius'] for record in records])
    return_ = summarize([record['return'] for record in records])
    ends = [record['end'] for record in records]
    first = policies[0] if policies else None
    policies.append(
      {
        'policy': name,
        'flights': len(records),
        'time_within_radius': _score(time, first, 'time_within_radius'),
        'return': _score(return_, first, 'return'),
        'failures': {end: ends.count(end) for end in FAILURES},
      }
    )
  return policies


def _score(
  found: Any, first: dict[str, Any] | None, key: str
) -> dict[str, float | None]:
  base = found.mean if first is None else first[key]['mean']
  return {
    'mean': found.mean,
    'stderr': found.stderr,
    'of_the_first': found.mean / base if base else None,
  }


def rows(policies: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
  """Returns the cells of a table, a row a policy; `NAMES` are its columns."""
  return [
    (
      policy['policy'],
      _cell(policy['time_within_radius'], scale=100.0),
      _cell(policy['return']),
      _failures(policy),
      _share(policy['time_within_radius']),
      _share(policy['return']),
    )
    for policy in policies
  ]


def _cell(score: dict[str, float | None], scale: float = 1.0) -> str:
  mean = f'{scale * score["mean"]:.1f}'
  if score['stderr'] is None:
    return mean
  return f'{mean} ± {scale * score["stderr"]:.1f}'


def _share(score: dict[str, float | None]) -> str:
  share = score['of_the_first']
  return '–' if share is None else f'{100 * share:.0f}%'


def _failures(policy: dict[str, Any]) -> str:
  told = [
    f'{count} {end.replace("_", " ")}'
    for end, count in policy['failures'].items()
    if count
  ]
  return f'{", ".join(told) or "0"} of {policy["flights"]}'
