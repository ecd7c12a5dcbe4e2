"""Who may import whom, and what the pure rooms do without."""

import ast
import pathlib
import re
import subprocess
import sys

import pytest

from tests import scripts

PACKAGE = pathlib.Path(__file__).parents[1] / 'reincarnating_rl'

# Own rooms that each room may import; every room may import from itself.
ALLOWED = {
  'compat': {'support'},
  'support': set(),
  'learner': {'support'},
  'methods': {'support', 'learner'},
  'students': {'support', 'learner'},
  'networks': {'support', 'learner'},
  'replay': {'support', 'learner'},
  'importers': {'support', 'learner', 'replay'},
  'teachers': {'compat', 'support', 'learner', 'networks', 'importers'},
  'fetching': {'support'},
  'envs': {'compat', 'support', 'learner', 'importers'},
  'evaluation': {'support'},
  'agents': {
    *('compat', 'support', 'learner', 'methods', 'students', 'networks'),
    *('replay', 'teachers', 'envs'),
  },
  'settings': {
    *('support', 'learner', 'networks', 'envs', 'teachers'),
    *('methods', 'students'),
  },
  'runner': {
    *('support', 'learner', 'replay', 'importers', 'teachers', 'envs'),
    *('compat', 'evaluation', 'agents', 'settings', 'methods', 'students'),
    *('networks', 'tracking'),
  },
  'tracking': {'support'},
  'cluster': {'support'},
  'fleet': {
    *('support', 'learner', 'replay', 'teachers', 'envs', 'evaluation'),
    *('agents', 'runner'),
  },
  'studies': {'cluster', 'support'},
  'balloon': {'cluster', 'support', 'envs', 'evaluation', 'teachers'},
  'video': {'support', 'envs', 'evaluation'},
  'api': {
    *('support', 'learner', 'teachers', 'envs', 'evaluation', 'agents'),
    *('settings', 'runner', 'fetching', 'networks', 'students'),
  },
  'publishing': {
    *('support', 'evaluation', 'teachers', 'fetching', 'methods'),
    'students',
  },
  'cli': {
    *('support', 'learner', 'importers', 'teachers', 'fetching', 'envs'),
    *('replay', 'evaluation', 'settings', 'runner', 'studies', 'balloon'),
    *('methods', 'students', 'cluster', 'video', 'fleet', 'publishing'),
    'tracking',
  },
  # Doors: `python -m reincarnating_rl.NAME`, and one to all of them.
  '__main__': {'cli'},
  'train': {'cli'},
  'report': {'cli'},
  'study': {'cli'},
  'hub': {'cli'},
  'teachers.__main__': {'cli'},
  'balloon.__main__': {'cli'},
  'video.__main__': {'cli'},
}
DOORS = {
  *('__main__', 'train', 'report', 'study', 'hub'),
  *(f'{room}.__main__' for room in ('teachers', 'balloon', 'video')),
}
PURE = {
  *('support', 'learner', 'methods', 'students', 'networks', 'replay'),
  *('importers', 'teachers', 'fetching', 'evaluation', 'studies'),
  'publishing',
  *DOORS,
}
OUTSIDE_PURE = {
  'support': {'numpy', 'scipy'},
  'learner': {'jax', 'numpy', 'optax', 'chex'},
  'methods': set(),
  'students': set(),
  'networks': {'jax', 'flax'},
  'replay': {'jax', 'numpy', 'cramjam', 'safetensors'},
  'importers': {
    *('jax', 'numpy', 'google_crc32c', 'msgpack', 'cramjam', 'safetensors'),
    'h5py',
  },
  'teachers': {'jax', 'numpy', 'flax', 'safetensors'},
  'fetching': {
    *('google', 'google_crc32c', 'requests', 'urllib3'),
    *('huggingface_hub', 'httpx2', 'tqdm'),
  },
  'evaluation': {
    *('numpy', 'scipy', 'pandas', 'rliable', 'matplotlib', 'rich'),
    *('jinja2', 'markupsafe'),
  },
  'publishing': {'huggingface_hub'},
  'cluster': {'ray'},
  'studies': {'ray', 'tqdm', 'yaml'},
  **dict.fromkeys(DOORS, set()),
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
    return  # See `test_the_package_imports_nothing`.
  for name in imports(path):
    top, *rest = name.split('.')
    if top == 'reincarnating_rl':
      assert rest[0] in ALLOWED[room] | {room}, f'{room} imports {name}'
    elif room in PURE and top not in sys.stdlib_module_names:
      assert top in OUTSIDE_PURE[room], f'{room} imports {name}'


def test_the_package_imports_nothing():
  script = 'import sys; import reincarnating_rl as rrl; assert dir(rrl); '
  script += 'print(*(name.partition(".")[0] for name in sys.modules))'
  done = subprocess.run(
    [sys.executable, '-S', '-c', script],
    cwd=PACKAGE.parent,
    capture_output=True,
    text=True,
    check=True,
  )
  found = set(done.stdout.split()) - sys.stdlib_module_names
  assert found == {'reincarnating_rl', '__main__'}


def test_the_table_of_the_document_is_this_table():
  text = (PACKAGE.parent / 'docs' / 'architecture.md').read_text()
  text = text[text.index('## Rooms') : text.index('## Three tables')]
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
  done = scripts.run(script)
  assert done.returncode == 0, done.stderr


@pytest.mark.parametrize('path', modules(), ids=lambda p: p.name)
def test_files_stay_short(path):
  lines = path.read_text(encoding='utf-8').splitlines()
  assert len(lines) <= 250, f'{path} has {len(lines)} lines: split it by idea'
