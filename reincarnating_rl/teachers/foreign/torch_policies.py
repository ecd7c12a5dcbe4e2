"""Teachers of any PyTorch network whose layers are declared."""

import os

from reincarnating_rl.importers.formats import (
  safetensors_file,
  torch_file,
)
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign import (
  base,
  state_dict_search,
)
from reincarnating_rl.teachers.foreign.base import (
  Foreign,
  Target,
)
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.state_dicts import (
  StateDict,
  listing,
)


def read(
  path: str | os.PathLike[str],
  layers: Layers | None,
  target: Target,
) -> Foreign:
  """Reads a `state_dict`, of `torch.save` or of safetensors.

  Args:
    path: of the file.
    layers: which parameters are which layers; None raises an error that tells
      which parameters there are.
    target: the game that it is converted for.

  Returns:
    The teacher.

  Raises:
    MissingFileError: the file cannot be read.
    DamagedFileError: it is cut short, altered, or holds no parameters.
    UnsafeFileError: it asks for more than data.
    TeacherError: `layers` is None.
    MismatchedTeacherError: the network has other layers, or is for another
      game.
  """
  data, sha256 = base.read_file(path)
  source = str(path)
  if safetensors_file.is_safetensors(data):
    name, saved = 'safetensors', safetensors_file.loads(data, source)
  else:
    name, saved = 'torch', torch_file.loads(data, source)
  state_dict = state_dict_search.find(saved, source)
  if layers is None:
    raise _undeclared(state_dict, source)
  found = convert(
    state_dict,
    layers,
    target,
    source=source,
  )
  metadata = {'format': name, 'algorithm': layers.kind}
  return found._replace(sha256=sha256, metadata=metadata | found.metadata)


def _undeclared(state_dict: StateDict, source: str) -> TeacherError:
  """Shows a declaration that names what could be layers."""
  ranks = {
    name.removesuffix('.weight'): array.ndim
    for name, array in state_dict.items()
    if name.endswith('.weight')
  }
  convolutions = [f"('{n}', STRIDE)" for n, rank in ranks.items() if rank == 4]
  dense = [f"'{n}'" for n, rank in ranks.items() if rank == 2]
  draft = "Layers(kind='dqn'"
  for field, named in (('convolutions', convolutions), ('dense', dense)):
    draft += f', {field}=({", ".join(named[:4])},)' if named else ''
  return TeacherError(
    f'{source} does not tell which of its parameters are which layers; it has '
    f'{listing(state_dict)}; declare them with create_teacher.layers, such as '
    f'{draft}).'
  )
