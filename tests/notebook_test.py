"""The notebook: its cells run in order, with small budgets, and so they did."""

import base64
import json
import pathlib
import re
import shlex
import sys
import types

from tests.cli.commands_test import PROGRAMS

PATH = pathlib.Path(__file__).parents[1] / 'docs/notebooks/quickstart.ipynb'
CELLS = json.loads(PATH.read_text())['cells']
CODE = [cell for cell in CELLS if cell['cell_type'] == 'code']
SMALL = {
  'TEACHER_STEPS': 150,
  'PRETRAINING_UPDATES': 1,
  'ONLINE_STEPS': 30,
  'EVALUATIONS': 1,
  'EPISODES': 1,
  'SECONDS': 0.1,
}
_MAGIC = re.compile(r'^( *)[%!](.+)$', re.M)
_MOST_BYTES = 300_000  # Of all pictures together.


def text(cell):
  return ''.join(cell['source'])


def python(cell):
  """Returns a cell's code, with calls in place of IPython's commands."""
  joined = text(cell).replace('\\\n', ' ')
  return _MAGIC.sub(lambda m: f'{m[1]}_command(f{m[2]!r})', joined)


def command(line):
  """Runs a program of the package as IPython's `%run -m` does."""
  words = shlex.split(line)
  if words != ['matplotlib', 'inline']:
    assert words[:2] == ['run', '-m'], line
    main, _ = PROGRAMS[words[2].removeprefix('reincarnating_rl.')]
    assert main(words[3:]) == 0


def test_it_runs_with_small_budgets(tmp_path, monkeypatch):
  shown = []
  display = types.SimpleNamespace(Video=lambda path, **how: shown.append(path))
  monkeypatch.setitem(sys.modules, 'IPython.display', display)
  monkeypatch.setenv('JAX_CPU_ENABLE_ASYNC_DISPATCH', 'false')
  monkeypatch.chdir(tmp_path)
  space = {'_command': command}
  for cell in CODE:
    exec(compile(python(cell), cell['id'], 'exec'), space)
    if 'parameters' in cell['metadata'].get('tags', ()):
      assert SMALL.keys() <= space.keys()
      space |= SMALL | {'TEACHER': str(PATH.parent / space['TEACHER'])}
  run = space['run']
  assert run.scores['phase'].tolist() == ['offline', 'online']
  assert run.scores['online_steps'].iloc[-1] >= 30
  assert space['following'].fingerprint == run.student.fingerprint
  (video,) = shown
  pushed = pathlib.Path(space['folder'], 'replay.mp4')
  assert pushed.read_bytes() == pathlib.Path(video).read_bytes()


def test_what_colab_installs_is_found_at_once():
  """A running Python does not look for what is installed as editable."""
  (line,) = re.findall('%pip install .*', ''.join(map(text, CODE)))
  assert not {'-e', '--editable'} & set(line.split())


def test_it_was_executed_as_it_is():
  assert [cell['execution_count'] for cell in CODE] == [
    *range(1, len(CODE) + 1)
  ]
  outputs = [output for cell in CODE for output in cell['outputs']]
  assert {x['output_type'] for x in outputs} == {
    *('stream', 'execute_result', 'display_data'),
  }
  assert {x.get('name', 'stdout') for x in outputs} == {'stdout'}
  pictures = [
    base64.b64decode(x['data']['image/png'])
    for x in outputs
    if 'image/png' in x.get('data', ())
  ]
  assert pictures and sum(map(len, pictures)) < _MOST_BYTES
  assert PATH.stat().st_size < 2 * _MOST_BYTES
  assert not re.search('/tmp/|/root|/home/', PATH.read_text())


def test_its_links_lead_somewhere():
  badge, *_ = text(CELLS[0]).splitlines()
  assert badge.startswith('[![Open in Colab]')
  links = re.findall(r'\]\(([^)\s]+)\)', ''.join(map(text, CELLS)))
  own = [link for link in links if not link.startswith('https://')]
  assert own and all((PATH.parent / link).exists() for link in own)
