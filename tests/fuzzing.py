"""Properties of random inputs: few examples by default, many in `make soak`."""

import inspect
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest


def fuzz(
  *strategies: Any, quick: int = 30, soak: int = 1000, **named: Any
) -> Callable[[Callable], Callable]:
  """Makes two tests of a property: `[quick]` and, marked `soak`, `[soak]`.

  Args:
    *strategies: of the last arguments, as for `hypothesis.given`.
    quick: examples of the default run; always the same ones.
    soak: examples of the long run.
    **named: strategies by argument. All other arguments are fixtures, which
      all examples of a test share.
  """

  def decorate(check: Callable) -> Callable:
    names = [n for n in inspect.signature(check).parameters if n not in named]
    fixtures = names[: len(names) - len(strategies)]

    def test(examples: int, **values: Any) -> None:
      given = hypothesis.given(*strategies, **named)(check)
      hypothesis.settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples == quick,
        suppress_health_check=list(hypothesis.HealthCheck),
      )(given)(**values)

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    test.__signature__ = inspect.Signature(
      inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
      for name in ('examples', *fixtures)
    )
    return pytest.mark.parametrize(
      'examples',
      [
        pytest.param(quick, id='quick'),
        pytest.param(soak, id='soak', marks=pytest.mark.soak),
      ],
    )(test)

  return decorate
