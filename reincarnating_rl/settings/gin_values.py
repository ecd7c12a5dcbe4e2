"""One check of all that gin binds, before anything is made of it.

A value that a setting does not take is one line: the setting, its value, what
it takes, and how to write what was probably meant.
"""

import ast
import math
import numbers
import operator
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

import gin

from reincarnating_rl.settings import gin_types
from reincarnating_rl.settings.gin_types import (
  ANY,
  CALLABLES,
  SEQUENCES,
  TOO_LARGE,
  Check,
  Config,
  Reference,
)
from reincarnating_rl.support.errors import UserError, name_of, nearest
from reincarnating_rl.support.setting_types import Limit, OneOf, one_of

_LARGEST_POWER = 400
_LONGEST = 80  # Characters of a value in a message.
_WORDS = {
  bool: 'True or False',
  int: 'a whole number',
  float: 'a number',
  str: 'text in quotes',
  None: 'None',
  types.NoneType: 'None',
}
_OPERATORS = {
  ast.Add: operator.add,
  ast.Sub: operator.sub,
  ast.Mult: operator.mul,
  ast.Div: operator.truediv,
  ast.FloorDiv: operator.floordiv,
  ast.Pow: operator.pow,
}


def check(config: Config) -> None:
  """Refuses the first value that is not what its setting takes.

  Args:
    config: all bindings; every macro in it is bound.

  Raises:
    UserError: naming the setting, its value, and what it takes.
  """
  checked = Check(config)
  for (scope, selector), values in config.items():
    if selector == 'gin.macro':
      continue  # It is checked where it is used.
    name = '/'.join([*([scope] if scope else []), selector.split('.')[-1]])
    for parameter, value in values.items():
      hint = gin_types.declared(selector, parameter)
      if not checked.fits(value, hint):
        setting = f'{name}.{parameter}'
        raise UserError(_refusal(setting, value, hint, config))


def check_value(setting: str, value: Any, hint: Any) -> None:
  """Refuses a value that did not come by gin, and is not what is taken.

  Args:
    setting: its name, for the message.
    value: given.
    hint: the type that is taken.

  Raises:
    UserError: naming the setting, its value, and what it takes.
  """
  if not Check({}).fits(value, hint):
    raise UserError(_refusal(setting, value, hint, {}))


def _refusal(setting: str, value: Any, hint: Any, config: Config) -> str:
  """Returns the line that says what is wrong with a value."""
  check = Check(config, calls=False)
  shown, to_write = _shorten(repr(value)), ''
  name = gin_types.macro_name(value)
  if name:
    value = check.resolved(value)
    shown, to_write = f'{shown}, which is {_shorten(repr(value))}', f'{name} = '
  lacking = check.lacks(value)
  if lacking and hint in ANY:
    called = repr(value).strip('@()')
    return (
      f'{setting} is {shown}: {called}.{lacking[0]} has no value; bind it, or '
      f'write @{called} for {called} itself.'
    )
  line = _line(setting, shown, hint, to_write, _others(value, hint), check)
  return f'{line}{_extreme(value)}'


def _extreme(value: Any) -> str:
  """Returns what is wrong with a number whatever its range."""
  if isinstance(value, numbers.Integral) and abs(value) >= TOO_LARGE:
    return ' It needs more than 64 bits.'
  if isinstance(value, float) and not math.isfinite(value):
    return ' It is not finite.'
  return ''


def refuse_text(setting: str, text: str) -> str:
  """Returns the line that says how to write a value that gin cannot read.

  Args:
    setting: as it was written, such as `Runner.num_iterations`.
    text: after its `=`.
  """
  selector, _, parameter = setting.split('/')[-1].rpartition('.')
  hint = gin_types.declared(selector, parameter) if selector else Any
  others = [
    *_evaluated(text),
    *_referred(text),
    *_referred(f'{text}()'),
    text.strip('\'"‘’“”'),
  ]
  plain = ''.join(c if c.isprintable() else '?' for c in text)
  shown = _shorten(plain) or 'nothing'
  return _line(setting, shown, hint, '', others, Check({}, calls=False))


def _line(
  setting: str,
  shown: str,
  hint: Any,
  to_write: str,
  others: Iterable[Any],
  check: Check,
) -> str:
  wanted = words(hint) or 'a number, True, False, None or text in quotes'
  right = next((x for x in others if check.fits(x, hint)), None)
  advice = '' if right is None else f' Write {to_write}{right!r}.'
  return f'{setting} is {shown}: it must be {wanted}.{advice}'


def _shorten(text: str) -> str:
  text = ' '.join(text.split())
  return text if len(text) <= _LONGEST else f'{text[: _LONGEST - 3]}...'


def _others(value: Any, hint: Any) -> Iterator[Any]:
  """Yields what a user may have meant by a value."""
  if isinstance(value, str):
    yield from _evaluated(value)
    yield from _referred(value)
    near = nearest(value, [x for x in _choices(hint) if isinstance(x, str)])
    yield from [near] if near else []
  elif isinstance(value, Reference):
    yield from _referred(repr(value).removesuffix('()'))
    yield from _referred(f'{value!r}()')
  elif isinstance(value, float) and value.is_integer():
    yield int(value)
  elif value in (0, 1) and not isinstance(value, bool):
    yield bool(value)
  elif isinstance(value, int | float) and not isinstance(value, bool):
    yield str(value)
  yield (value,)


def _evaluated(text: str) -> Iterator[Any]:
  """Yields the value of an expression of numbers, names and tuples."""
  for meant in (text, text.replace(',', ''), text.capitalize()):
    try:
      yield ast.literal_eval(_Simplified().visit(ast.parse(meant, mode='eval')))
    except _UNREADABLE:
      continue


# Of text that is no expression, or one too deep.
_UNREADABLE = (
  *(ValueError, SyntaxError, TypeError),
  *(ArithmeticError, MemoryError, RecursionError),
)


class _Simplified(ast.NodeTransformer):
  """Computes what is a number, and quotes names within a tuple."""

  def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
    left, right = self.visit(node.left), self.visit(node.right)
    a, b = ast.literal_eval(left), ast.literal_eval(right)
    compute = _OPERATORS.get(type(node.op))
    if not compute or not all(isinstance(x, int | float) for x in (a, b)):
      raise ValueError('It is no number.')
    if compute is operator.pow and abs(b) > _LARGEST_POWER:
      raise ValueError('It is too large.')
    return ast.Constant(compute(a, b))

  def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
    node.elts = [
      ast.Constant(x.id) if isinstance(x, ast.Name) else self.visit(x)
      for x in node.elts
    ]
    return node


def _referred(text: str) -> Iterator[Any]:
  """Yields the reference that a text is, with @ before it or without."""
  try:
    yield gin.config.parse_value(f'@{text.removeprefix("@")}')
  except Exception:  # There is no such name; gin has many errors for that.
    return


def _choices(hint: Any) -> tuple[Any, ...]:
  args = typing.get_args(hint)
  if typing.get_origin(hint) is Literal:
    return args
  return tuple(
    name
    for arg in args
    for name in (arg.find() if isinstance(arg, OneOf) else _choices(arg))
  )


def words(hint: Any) -> str:
  """Returns what a type is, to follow 'it must be'; '' for any."""
  origin, args = typing.get_origin(hint), typing.get_args(hint)
  if hint in ANY:
    return ''
  if origin is Annotated:
    base, *limits = args
    told = [limit.words for limit in limits if isinstance(limit, Limit)]
    is_enough = any(isinstance(limit, OneOf) for limit in limits)
    return ' '.join([*([] if is_enough else [words(base)]), *told]).strip()
  if origin in (typing.Union, types.UnionType):
    return ' or '.join(words(arm) for arm in args)
  if origin is Literal:
    return one_of(args)
  if origin in CALLABLES or hint in CALLABLES:
    return 'a function or a class, written @NAME'
  if (origin or hint) in SEQUENCES:
    if origin is tuple and args and args[-1] is not ...:
      return f'a tuple ({", ".join(map(words, args))})'
    each = words(args[0]) if args else ''
    return f'a tuple, each element {each}' if each else 'a tuple'
  return _WORDS.get(hint) or f'what @{name_of(hint)}() makes'
