"""Runs to a hub on loopback, and back."""

import ast
import inspect
import json
import os
import pathlib
import types

import numpy as np
import pytest
import safetensors.numpy
from huggingface_hub import ModelCard, constants, get_token

import reincarnating_rl as rrl
from reincarnating_rl import hub as door
from reincarnating_rl.cli import hub as cli
from reincarnating_rl.fetching import hub as fetching
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.support.errors import UserError
from tests.publishing import published_runs
from tests.publishing.writable_hub import TOKEN, WritableHub

REPOSITORY = 'ada/toy-qdagger'
FILES = {
  *('README.md', 'lineage.json', 'learning_curve.png'),
  *('checkpoints/ckpt.2.json', 'checkpoints/ckpt.2.safetensors'),
}


@pytest.fixture
def server(monkeypatch, tmp_path):
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  monkeypatch.setenv('TEACHER_CKPT_DIR', str(tmp_path / 'teachers'))
  monkeypatch.setenv('HF_TOKEN', TOKEN)
  monkeypatch.setattr(constants, 'HF_HUB_DISABLE_XET', True)
  for name in ('HF_HUB_CACHE', 'HF_TOKEN_PATH', 'HF_ASSETS_CACHE'):
    monkeypatch.setattr(constants, name, str(tmp_path / 'cache' / name))
  server = WritableHub(REPOSITORY)
  yield server
  server.close()


@pytest.fixture
def run(tmp_path):
  return published_runs.write(tmp_path / 'run')


def push(server, run, repository=REPOSITORY, **more):
  return door.push_to_hub(
    run, repository, endpoint=server.url, **{'video': False} | more
  )


def fails(server, run, message, repository=REPOSITORY, **more):
  with pytest.raises(UserError, match=message) as error:
    push(server, run, repository, **more)
  assert '\n' not in str(error.value)
  assert server.commits == 0


def test_what_is_pushed_is_fetched_and_plays_alike(server, run):
  assert push(server, run) == f'{server.url}/{REPOSITORY}'
  assert server.contents.keys() == FILES
  assert server.commits == 1 and server.told == {'private': False}
  assert server.authorizations == {f'Bearer {TOKEN}'}
  report = fetching.fetch_hub(
    REPOSITORY, endpoint=server.url, show_progress=False
  )
  np.testing.assert_array_equal(
    published_runs.policy(report.directory, 'dqn'),
    published_runs.policy(run, 'dqn'),
  )


@pytest.mark.parametrize('kind', STUDENTS)
def test_every_kind_of_student(tmp_path, kind):
  run = published_runs.write(tmp_path / 'run', kind)
  out = door.push_to_hub(
    run, REPOSITORY, dry_run=True, out=str(tmp_path / 'out'), video=False
  )
  expected = published_runs.policy(run, kind)
  assert np.ptp(expected) > 0
  np.testing.assert_array_equal(published_runs.policy(out, kind), expected)
  path = pathlib.Path(out, 'checkpoints', 'ckpt.2.safetensors')
  groups = {n.split('/')[0] for n in safetensors.numpy.load_file(path)}
  assert groups == {'online_params'}, 'Only parameters are published.'


def test_no_file_names_a_folder_of_this_machine(server, run, tmp_path):
  push(server, run)
  for name, content in server.contents.items():
    for secret in (b'lovelace', b'private', str(tmp_path).encode()):
      assert secret not in content, name
  lineage = json.loads(server.contents['lineage.json'])
  assert lineage['started_as']['command'] == (
    "python -m x --teacher_checkpoint_dir '.../ckpt.3.safetensors' "
    '--base_dir=.../run --gin_files configs/a.gin'
  )
  manifest = json.loads(server.contents['checkpoints/ckpt.2.json'])
  assert not {'state', 'replays'} & manifest.keys()
  assert lineage['teacher']['parent']['game'] == published_runs.GAME


def test_the_card_says_what_the_hub_understands(server, run):
  push(server, run, license='mit')
  card = ModelCard(server.contents['README.md'].decode())
  told = card.data
  assert (told.license, told.pipeline_tag) == ('mit', 'reinforcement-learning')
  assert told.library_name == 'reincarnating_rl'
  assert {'reincarnating-rl', 'qdagger', 'dqn', 'toy'} <= set(told.tags)
  assert told.model_name == 'toy-qdagger'
  results = {r.metric_type: r.metric_value for r in told.eval_results}
  assert results == {
    'mean_reward': '5.00 +/- 2.00',
    'teacher_normalized_score': 0.5,
  }
  assert {r.dataset_name for r in told.eval_results} == {published_runs.GAME}
  assert '# QDagger DQN of Toy' in card.text
  assert '| student, online | 5.0 ± 0.4 | 30 | 0.50 | 200 | 50 |' in card.text
  assert '**Teacher**: dqn' in card.text and 'jax 0.10.2' in card.text
  assert f'--hub {REPOSITORY}' in card.text


def test_the_commands_on_the_card_name_the_module_of_the_game(server, tmp_path):
  run = published_runs.write(tmp_path / 'run', module='my module')
  push(server, run)
  text = server.contents['README.md'].decode()
  assert "--game 'my module:Toy'" in text and 'game="my module:Toy"' in text
  assert 'registered by the Python module `my module`' in text
  assert '# QDagger DQN of Toy\n' in text


def test_a_second_push_takes_the_place_of_the_first(server, run, tmp_path):
  push(server, run, private=True)
  assert server.told == {'private': True}
  server.contents['mine.txt'] = b'stays'
  other = published_runs.write(tmp_path / 'other', number=1)
  push(server, other, private=True)
  assert server.contents.keys() == {
    *('README.md', 'lineage.json', 'learning_curve.png', 'mine.txt'),
    *('checkpoints/ckpt.1.json', 'checkpoints/ckpt.1.safetensors'),
  }


def test_parameters_that_were_not_measured_have_no_result(server, tmp_path):
  run = published_runs.write(tmp_path / 'run', number=3, planned=3)
  push(server, run, unfinished=True)
  card = ModelCard(server.contents['README.md'].decode())
  assert card.data.eval_results is None
  assert 'trained further after the last evaluation' in card.text


def test_an_evaluation_after_the_checkpoint_is_not_of_it(server, tmp_path):
  """The run was killed before it wrote the checkpoint that was measured."""
  run = published_runs.write(tmp_path / 'run', measured=1)
  fails(server, run, 'is unfinished: it lacks 1 of 2 evaluations')
  push(server, run, unfinished=True)
  card = ModelCard(server.contents['README.md'].decode())
  assert card.data.eval_results is None
  assert '| 3.0 ± 0.4 |' in card.text and '| 5.0 ± 0.4 |' not in card.text


def test_what_lies_in_the_folder_is_pushed_as_video(server, run):
  pathlib.Path(run, 'video.mp4').write_bytes(b'film')
  push(server, run, video=True)
  assert server.contents['replay.mp4'] == b'film'
  assert '(replay.mp4)' in server.contents['README.md'].decode()


def test_a_run_of_a_program(run, tmp_path):
  """It is pushed as the path is; the card has a call that is understood."""
  given = types.SimpleNamespace(base_dir=run)
  out = door.push_to_hub(
    given, REPOSITORY, dry_run=True, out=tmp_path / 'out', video=False
  )
  card = pathlib.Path(out, 'README.md').read_text()
  code = card.partition('```python\n')[2].partition('```')[0]
  call = ast.parse(code).body[-1].value
  inspect.signature(rrl.load_teacher).bind(
    *call.args, **{word.arg: word.value for word in call.keywords}
  )
  assert ast.literal_eval(call.keywords[0].value) == published_runs.GAME


def test_refusals(server, run, tmp_path, monkeypatch):
  fails(server, run, 'not a repository', 'toy')
  fails(server, run, 'takes no name', 'ada/toy.git')
  fails(server, run, "--license 'my own' is none", license='my own')
  fails(server, tmp_path / 'nowhere', 'no directory .*nowhere')
  half = published_runs.write(tmp_path / 'half', planned=5)
  fails(server, half, 'is unfinished: it lacks 3 of 5 eval.* --unfinished')
  os.mkdir(tmp_path / 'seeds')
  os.rename(half, tmp_path / 'seeds' / '1')
  fails(server, tmp_path / 'seeds', 'holds 1 run: name one, such as .*/1')
  os.mkdir(tmp_path / 'empty')
  fails(server, tmp_path / 'empty', 'There is no checkpoint in')
  fails(server, run, '--out is for --dry_run', out='x')
  fails(server, run, "argument is 'epsiodes': choose one of game", epsiodes=1)
  assert not server.exists, 'Nothing was made for a run that is refused.'
  monkeypatch.setenv('HF_TOKEN', 'hf_wrong')
  fails(server, run, r'does not let you push to ada/toy-qdagger \(401\)')
  monkeypatch.delenv('HF_TOKEN')
  assert get_token() is None
  fails(server, run, 'no token to push .*: log in with `hf auth login`')


@pytest.mark.parametrize(
  ('path', 'status', 'message'),
  [
    ('/repos/create', 403, r'does not let you push to .* \(403\)'),
    ('/commit/', 403, r'does not let you push to .* \(403\)'),
    ('/preupload/', 400, r'cannot be pushed to the hub \(400\)'),
    ('/objects/batch', 401, r'does not let you push to .* \(401\)'),
  ],
)
def test_the_hub_refuses(server, run, path, status, message):
  server.statuses = {path: (status, '')}
  fails(server, run, message)


def test_a_repository_of_another_sort_or_that_all_see(server, run):
  server.exists = True
  server.contents = {'.gitattributes': b'', 'model.bin': b''}
  fails(server, run, "has 'model.bin' and no teacher of this program")
  server.told['private'] = False
  fails(server, run, 'all can see it: make it private', private=True)
  server.contents = {'.gitattributes': b'', 'README.md': b''}
  push(server, run)
  assert server.contents.keys() == {'.gitattributes', *FILES}


def test_no_network(server, run):
  server.close()
  fails(server, run, r'cannot be pushed to the hub \(ConnectError\)')


def test_the_command(run, tmp_path, capsys, monkeypatch):
  monkeypatch.chdir(tmp_path)
  words = ['push', run, REPOSITORY, '--dry_run', '--no_video']
  assert cli.main(words) == 0
  assert capsys.readouterr().out.splitlines() == [
    'The folder: ada--toy-qdagger',
    f'next: {cli.PROGRAM} push {run} {REPOSITORY} --no_video',
  ]
  found = pathlib.Path('ada--toy-qdagger')
  names = {p.relative_to(found).as_posix() for p in found.rglob('*.*')}
  assert names == FILES
  assert cli.main(words) == 1
  assert 'is not an empty folder: choose' in capsys.readouterr().err
  # What was written can be pushed as well, and another name be given to it.
  assert cli.main(['push', str(found), 'a/b', *words[3:], '--out', 'x']) == 0
