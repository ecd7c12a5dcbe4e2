"""Finding a gin file: by path, or by name among the shipped ones."""

import difflib
import os
from pathlib import Path

from reincarnating_rl.support.errors import UserError

_PACKAGE = Path(__file__).parents[1]
# In a clone `configs/` stands beside the package; a wheel carries it inside.
SHIPPED = next(
  (
    p for p in (_PACKAGE / 'configs', _PACKAGE.parent / 'configs') if p.is_dir()
  ),
  _PACKAGE / 'configs',
)


def find(name: str) -> str:
  """Finds a gin file.

  Args:
    name: a path, or a name such as `qdagger_dqn.gin`, or `configs/` and that;
      the official code's `reincarnating_rl/configs/` is understood.

  Returns:
    The path of a file that exists.

  Raises:
    UserError: there is none, with the nearest name among the shipped ones.
  """
  shipped = SHIPPED / name.removeprefix('reincarnating_rl/').removeprefix(
    'configs/'
  )
  for path in (Path(name), shipped):
    if path.is_file():
      return os.fspath(path)
  names = [p.relative_to(SHIPPED).as_posix() for p in SHIPPED.rglob('*.gin')]
  wanted = Path(name).name
  if Path(name).parent.name in {Path(n).parent.name for n in names}:
    wanted = f'{Path(name).parent.name}/{wanted}'
  near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.3)
  hint = f' Did you mean configs/{near[0]}?' if near else ''
  raise UserError(
    f'There is no gin file {name}, here or among the shipped ones '
    f'({", ".join(sorted(names))}).{hint}'
  )
