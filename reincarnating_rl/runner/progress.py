"""Progress bars with rate and time left, one a phase of an iteration."""

import tqdm.auto as tqdm

from reincarnating_rl.runner.plan import Iteration


def bar(
  iteration: Iteration,
  what: str,
  *,
  total: int | None,
  unit: str,
  done: int = 0,
) -> tqdm.tqdm:
  """Opens a progress bar.

  Args:
    iteration: shown by its number.
    what: is being done.
    total: amount of work; None where it is not known beforehand.
    unit: of the work.
    done: part of it that an earlier run did.

  Returns:
    A bar to `update`, and to close.
  """
  return tqdm.tqdm(
    desc=f'iteration {iteration.number}, {what}',
    total=total,
    initial=done,
    unit=f' {unit}',
    dynamic_ncols=True,
    mininterval=1.0,
    leave=False,
  )
