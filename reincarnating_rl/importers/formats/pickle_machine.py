"""An interpreter of pickles that builds data and calls nothing.

It runs the instructions of `pickletools` on a stack; `pickle_names` gives names
their meaning. Extension codes and out-of-band buffers reach outside the file
and are refused. Persistent ids are refused unless the caller resolves them.
"""

import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np

from reincarnating_rl.importers.formats import pickle_names
from reincarnating_rl.importers.formats.pickle_names import Name, Placeholder

# Errors that a malformed pickle can raise in the interpreter below.
MALFORMED = (
  ValueError,
  TypeError,
  LookupError,
  ArithmeticError,
  MemoryError,
  RecursionError,
)
_SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset)


class Machine:
  """The stack, its marks and the memo of a running pickle."""

  def __init__(
    self,
    budget: int,
    resolve: Callable[[str, str], Name] = pickle_names.resolve,
    load: Callable[[Any], Any] | None = None,
  ) -> None:
    # The budget limits the items that constructors copy. An honest file has
    # at least a byte for each; a hostile one multiplies a few by its memo.
    # `resolve` looks up a name, `load` a persistent id.
    self.stack: list[Any] = []
    self.marks: list[int] = []
    self.memo: dict[int, Any] = {}
    self.budget, self.resolve, self.load = budget, resolve, load

  def run(self, data: bytes) -> Any:
    """Returns the value that the pickle in `data` describes.

    Raises:
      ForbiddenNameError: a name or an instruction is not allowed.
      Exception: one of `MALFORMED`: the pickle is malformed.
    """
    for opcode, argument, _ in pickletools.genops(data):
      if opcode.name in _LITERALS:
        self.stack.append(argument)
      elif opcode.name == 'STOP':
        return self.stack.pop()
      elif opcode.name in _INSTRUCTIONS:
        _INSTRUCTIONS[opcode.name](self, argument)
      elif opcode.name == 'BINPERSID' and self.load:
        self.stack.append(self.load(self.stack.pop()))
      else:  # Extension registry, persistent ids, out-of-band buffers.
        raise pickle_names.ForbiddenNameError(f'instruction {opcode.name}')
    raise ValueError('no end')

  def pop_marked(self) -> list[Any]:
    """Removes the last mark and all above it; returns the values."""
    start = self.marks.pop()
    items = self.stack[start:]
    del self.stack[start:]
    return items

  def pop(self, count: int) -> list[Any]:
    """Removes and returns the last `count` values."""
    if count > len(self.stack):
      raise ValueError('the stack is empty')
    items = self.stack[-count:]
    del self.stack[-count:]
    return items

  def call(self, name: Any, arguments: Any) -> None:
    """Pushes the value that stands for `name(*arguments)`."""
    if not isinstance(name, Name) or not isinstance(arguments, tuple):
      raise ValueError('it calls something that is not a class')
    self.spend(sum(len(a) for a in arguments if isinstance(a, _SIZED)))
    self.stack.append(name.build(*arguments))

  def spend(self, items: int) -> None:
    """Charges the budget for items about to be copied."""
    self.budget -= items
    if self.budget < 0:
      raise ValueError('it grows beyond its own size')


def _global(machine: Machine, path: str) -> None:
  machine.stack.append(machine.resolve(*path.split(' ', 1)))


def _stack_global(machine: Machine, _: Any) -> None:
  module, name = machine.pop(2)
  if not isinstance(module, str) or not isinstance(name, str):
    raise ValueError('a name is not text')
  machine.stack.append(machine.resolve(module, name))


def _instance(machine: Machine, path: str) -> None:
  arguments = tuple(machine.pop_marked())
  machine.call(machine.resolve(*path.split(' ', 1)), arguments)


def _object(machine: Machine, _: Any) -> None:
  name, *arguments = machine.pop_marked()
  machine.call(name, tuple(arguments))


def _call(machine: Machine, _: Any) -> None:
  machine.call(*machine.pop(2))


def _call_with_keywords(machine: Machine, _: Any) -> None:
  name, arguments, _ = machine.pop(3)
  machine.call(name, arguments)


def _set_state(machine: Machine, _: Any) -> None:
  (state,) = machine.pop(1)
  target = machine.stack[-1]
  if isinstance(target, np.ndarray):
    pickle_names.fill_array(target, state)
  elif isinstance(target, np.dtype):
    if state[1] == '>':
      raise ValueError('an array is big-endian')
  elif isinstance(target, dict):
    # Before flax 0.3.2, a FrozenDict was pickled empty, then given its slots.
    slots = state[-1] if isinstance(state, tuple) else state
    items = slots.get('_dict') if isinstance(slots, dict) else None
    if isinstance(items, dict):
      machine.spend(len(items))
      pickle_names.store(target, items.items())
  elif isinstance(target, Placeholder):
    target.state = state
  else:
    raise ValueError('it sets the state of something without a state')


def _set_items(machine: Machine, items: list[Any]) -> None:
  target = machine.stack[-1]
  if len(items) % 2:
    raise ValueError('a key has no value')
  if isinstance(target, dict):
    pickle_names.store(target, zip(items[::2], items[1::2], strict=True))
  elif not isinstance(target, Placeholder):
    raise ValueError('it sets items of something that is not a dictionary')


def _append(machine: Machine, items: list[Any]) -> None:
  target = machine.stack[-1]
  if isinstance(target, list):
    target.extend(items)
  elif not isinstance(target, Placeholder):
    raise ValueError('it appends to something that is not a list')


def _add_items(machine: Machine, _: Any) -> None:
  items = machine.pop_marked()
  if not isinstance(machine.stack[-1], set):
    raise ValueError('it adds to something that is not a set')
  machine.stack[-1].update(pickle_names.as_set(items))


def _pop_one(machine: Machine, _: Any) -> None:
  if machine.marks and machine.marks[-1] == len(machine.stack):
    machine.marks.pop()
  else:
    machine.stack.pop()


def _put(machine: Machine, index: int) -> None:
  machine.memo[index] = machine.stack[-1]


def _get(machine: Machine, index: int) -> None:
  machine.stack.append(machine.memo[index])


def _push(make: Callable[[Machine], Any]) -> Callable[[Machine, Any], None]:
  return lambda machine, _: machine.stack.append(make(machine))


def _dictionary(machine: Machine) -> dict:
  items = machine.pop_marked()
  return pickle_names.store({}, zip(items[::2], items[1::2], strict=True))


_LITERALS = frozenset(
  'INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING '
  'SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE '
  'BINUNICODE SHORT_BINUNICODE BINUNICODE8'.split()
)
_INSTRUCTIONS: dict[str, Callable[[Machine, Any], None]] = {
  'PROTO': lambda machine, _: None,
  'FRAME': lambda machine, _: None,
  'NONE': _push(lambda machine: None),
  'NEWTRUE': _push(lambda machine: True),
  'NEWFALSE': _push(lambda machine: False),
  'EMPTY_DICT': _push(lambda machine: {}),
  'EMPTY_LIST': _push(lambda machine: []),
  'EMPTY_TUPLE': _push(lambda machine: ()),
  'EMPTY_SET': _push(lambda machine: set()),
  'DICT': _push(_dictionary),
  'LIST': _push(lambda machine: machine.pop_marked()),
  'TUPLE': _push(lambda machine: tuple(machine.pop_marked())),
  'TUPLE1': _push(lambda machine: tuple(machine.pop(1))),
  'TUPLE2': _push(lambda machine: tuple(machine.pop(2))),
  'TUPLE3': _push(lambda machine: tuple(machine.pop(3))),
  'FROZENSET': _push(
    lambda machine: frozenset(pickle_names.as_set(machine.pop_marked()))
  ),
  'MARK': lambda machine, _: machine.marks.append(len(machine.stack)),
  'POP': _pop_one,
  'POP_MARK': lambda machine, _: machine.pop_marked() and None,
  'DUP': _push(lambda machine: machine.stack[-1]),
  'PUT': _put,
  'BINPUT': _put,
  'LONG_BINPUT': _put,
  'MEMOIZE': lambda machine, _: _put(machine, len(machine.memo)),
  'GET': _get,
  'BINGET': _get,
  'LONG_BINGET': _get,
  'APPEND': lambda machine, _: _append(machine, machine.pop(1)),
  'APPENDS': lambda machine, _: _append(machine, machine.pop_marked()),
  'SETITEM': lambda machine, _: _set_items(machine, machine.pop(2)),
  'SETITEMS': lambda machine, _: _set_items(machine, machine.pop_marked()),
  'ADDITEMS': _add_items,
  'GLOBAL': _global,
  'STACK_GLOBAL': _stack_global,
  'INST': _instance,
  'OBJ': _object,
  'REDUCE': _call,
  'NEWOBJ': _call,
  'NEWOBJ_EX': _call_with_keywords,
  'BUILD': _set_state,
}
