"""Who may import whom, and what the pure rooms do without."""

import ast
import pathlib
import re
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / 'reincarnating_rl'

# Own rooms that each room may import; every room may import from itself.
ALLOWED = {
  'types': set(),
  'errors': set(),
  'files': {'errors'},
  'versions': set(),
  'interrupts': set(),
  'worker_process': {'errors'},
  'losses': {'types'},
  'networks': {'types'},
  'schedules': set(),
  'teacher_terms': {'types', 'errors', 'losses'},
  'heads': {'types', 'errors', 'losses'},
  'objectives': {'types', 'heads', 'teacher_terms'},
  'augmentation': {'types', 'objectives'},
  'learning': {'types', 'objectives'},
  'formats': {'errors'},
  'replay': {'types', 'errors', 'files', 'formats'},
  'teachers': {
    *('_balloon_compat', 'types', 'errors', 'files', 'networks', 'formats'),
  },
  'fetching': {'errors', 'files'},
  'envs': {'_balloon_compat', 'types', 'errors', 'worker_process'},
  'evaluation': {'errors', 'files', 'formats'},
  'command_line': {'errors'},
  'report': {'errors', 'command_line', 'evaluation'},
  'pvrl': {'errors', 'files', 'interrupts', 'command_line', 'evaluation'},
  'pvrl.__main__': {'pvrl'},
  'balloon': {
    *('errors', 'files', 'interrupts', 'command_line', 'envs', 'evaluation'),
    *('teachers', 'versions', 'worker_process'),
  },
  'balloon.__main__': {'balloon'},
  '_dopamine_compat': set(),
  '_balloon_compat': {'errors', '_balloon_stand_ins'},
  '_balloon_stand_ins': set(),
  'agents': {
    *('_dopamine_compat', 'types', 'errors', 'learning', 'objectives'),
    *(
      'augmentation',
      'heads',
      'replay',
      'schedules',
      'teacher_terms',
      'teachers',
    ),
  },
  'gin_bindings': {'errors', 'schedules', 'networks', 'envs', 'teachers'},
  'configs_path': {'errors'},
  'configuration': {'configs_path', 'errors'},
  'runner': {
    *('_dopamine_compat', 'types', 'errors', 'files', 'agents', 'envs'),
    *('evaluation', 'gin_bindings', 'interrupts', 'replay', 'teachers'),
    'versions',
  },
  'train': {'errors', 'configuration', 'runner'},
  'teacher_tools': {
    *('errors', 'files', 'command_line', 'configuration', 'envs'),
    *('evaluation', 'fetching', 'replay', 'runner', 'teachers'),
  },
  'teachers.__main__': {'teacher_tools'},
}
PURE = {
  *('types', 'errors', 'files', 'versions', 'interrupts', 'worker_process'),
  *('losses', 'networks', 'schedules'),
  *('teacher_terms', 'heads', 'objectives', 'augmentation', 'learning'),
  *('formats', 'replay', 'teachers', 'fetching', 'evaluation'),
  *('command_line', 'report', 'pvrl', 'pvrl.__main__'),
}
OUTSIDE_PURE = {
  'types': {'jax', 'numpy'},
  'errors': set(),
  'files': set(),
  'interrupts': set(),
  'worker_process': set(),
  'losses': {'jax', 'optax', 'chex'},
  'networks': {'jax', 'flax'},
  'schedules': {'jax', 'numpy'},
  'teacher_terms': set(),
  'heads': set(),
  'objectives': {'jax', 'optax', 'chex'},
  'augmentation': {'jax'},
  'learning': {'jax', 'optax', 'chex'},
  'formats': {
    *('numpy', 'google_crc32c', 'msgpack', 'cramjam', 'safetensors'),
  },
  'replay': {'jax', 'numpy', 'cramjam', 'safetensors'},
  'teachers': {'jax', 'numpy', 'flax', 'safetensors'},
  'fetching': {
    *('google', 'google_crc32c', 'requests', 'urllib3'),
    *('huggingface_hub', 'httpx2', 'tqdm'),
  },
  'evaluation': {
    *('numpy', 'scipy', 'pandas', 'rliable', 'matplotlib', 'rich'),
  },
  'command_line': set(),
  'report': set(),
  'pvrl': {'tqdm'},
  'pvrl.__main__': set(),
}


def modules():
  return sorted(PACKAGE.rglob('*.py'))


def room_of(path):
  parts = path.relative_to(PACKAGE).with_suffix('').parts
  # What runs a room is no part of it.
  return '.'.join(parts) if parts[-1] == '__main__' else parts[0]


def imports(path):
  """Yields the full names of what a file imports."""
  for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
    if isinstance(node, ast.Import):
      yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
      assert not node.level, f'{path}: a relative import'
      yield from (f'{node.module}.{alias.name}' for alias in node.names)


@pytest.mark.parametrize('path', modules(), ids=lambda p: p.name)
def test_rooms_import_what_the_table_allows(path):
  room = room_of(path)
  if room == '__init__':
    assert not list(imports(path)), 'the package imports nothing'
    return
  for name in imports(path):
    top, *rest = name.split('.')
    if top == 'reincarnating_rl':
      assert rest[0] in ALLOWED[room] | {room}, f'{room} imports {name}'
    elif room in PURE and top not in sys.stdlib_module_names:
      assert top in OUTSIDE_PURE[room], f'{room} imports {name}'


def test_the_table_of_the_document_is_this_table():
  text = (PACKAGE.parent / 'docs' / 'architecture.md').read_text()
  rows = re.findall(r'^\| `([\w.]+)/?`.*? \|.*\| (.+?) \|$', text, re.MULTILINE)
  table = {room: set(re.findall(r'`(\w+)`', cell)) for room, cell in rows}
  assert table == ALLOWED


def test_pure_rooms_do_without_tensorflow_dopamine_and_gin():
  names = [
    '.'.join(
      ('reincarnating_rl', *path.relative_to(PACKAGE).with_suffix('').parts)
    )
    for path in modules()
    if room_of(path) in PURE
  ]
  assert len(names) > 15
  script = 'import importlib, sys\n'
  script += (
    "for n in ('tensorflow', 'dopamine', 'gin'): sys.modules[n] = None\n"
  )
  script += f'for name in {names}: importlib.import_module(name)\n'
  done = subprocess.run(
    [sys.executable, '-c', script],
    cwd=PACKAGE.parent,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('path', modules(), ids=lambda p: p.name)
def test_files_stay_short(path):
  lines = path.read_text(encoding='utf-8').splitlines()
  assert len(lines) <= 250, f'{path} has {len(lines)} lines: split it by idea'
