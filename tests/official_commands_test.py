"""The commands of the official README, as printed there apart from paths.

The checkpoint's number is the bundled teacher's, and a backslash that some
lines lacked is there. Budgets are cut by further bindings, as a user might.
"""

import json
import pathlib
import shlex

import pytest
import safetensors.numpy

from reincarnating_rl import train

ROOT = pathlib.Path(__file__).parents[1]
TRAIN = """
python -um reincarnating_rl.train \
  --agent qdagger_rainbow \
  --gin_files reincarnating_rl/configs/qdagger_rainbow.gin \
  --base_dir {tmp}/qdagger_rainbow \
  --teacher_checkpoint_dir {teachers}/Pong/1 \
  --teacher_checkpoint_number {number} \
  --run_number=1 \
  --atari_roms_path={roms} \
  --alsologtostderr
"""
IMPALA = '  --gin_bindings @reincarnation_networks.ImpalaRainbowNetwork'
DEBUG = """
python -um reincarnating_rl.train \
  --agent qdagger_rainbow \
  --gin_files reincarnating_rl/configs/qdagger_rainbow.gin \
  --base_dir {tmp}/qdagger_rainbow \
  --teacher_checkpoint_dir {teachers}/Pong/1 \
  --teacher_checkpoint_number {number} \
  --atari_roms_path={roms} \
  --run_number=1 \
  --gin_bindings="Runner.evaluation_steps=10" \
  --gin_bindings="RunnerWithTeacher.num_pretraining_iterations=2" \
  --gin_bindings="RunnerWithTeacher.num_pretraining_steps=10" \
  --gin_bindings="JaxDQNAgent.min_replay_history = 64" \
  --alsologtostderr
"""
SHORT = (
  'RunnerWithTeacher.random_score=-50.0',
  'RunnerWithTeacher.teacher_steps=80',
  'create_atari_environment.num_vector_environments=1',
  'Runner.num_iterations=1',
  'Runner.training_steps=80',
  'Runner.max_steps_per_episode=40',
)
# The debugging command has its own numbers of these.
SHORTER = (
  *SHORT,
  'Runner.evaluation_steps=10',
  'RunnerWithTeacher.num_pretraining_iterations=1',
  'RunnerWithTeacher.num_pretraining_steps=2',
  'JaxDQNAgent.min_replay_history=64',
)


@pytest.mark.slow
@pytest.mark.parametrize(
  ('command', 'cuts', 'updates'),
  [
    pytest.param(TRAIN, SHORTER, 2, id='train'),
    # They compile for half a minute.
    pytest.param(
      TRAIN + IMPALA, SHORTER, 2, id='impala', marks=pytest.mark.soak
    ),
    pytest.param(DEBUG, SHORT, 20, id='debug', marks=pytest.mark.soak),
  ],
)
def test_an_official_command_trains(
  tmp_path, monkeypatch, command, cuts, updates
):
  import ale_py.roms

  monkeypatch.chdir(ROOT)
  (manifest,) = (ROOT / 'teacher_ckpts/Pong/1/checkpoints').glob('*.json')
  text = command.format(
    tmp=tmp_path,
    number=json.loads(manifest.read_text())['number'],
    teachers=ROOT / 'teacher_ckpts',
    roms=pathlib.Path(ale_py.roms.__file__).parent,
  )
  python, module_flag, module, *arguments = shlex.split(text)
  assert (python, module_flag) == ('python', '-um')
  assert module == 'reincarnating_rl.train'
  arguments += [f'--gin_bindings={binding}' for binding in cuts]
  assert train.main(arguments) == 0
  lineage = json.loads((tmp_path / 'qdagger_rainbow/lineage.json').read_text())
  assert lineage['agent'] == 'QDaggerRainbowAgent'
  assert lineage['spent']['pretraining_updates'] == updates
  assert lineage['spent']['training_steps'] >= 80
  assert lineage['spent']['online_updates'] > 0
  newest = max((tmp_path / 'qdagger_rainbow/checkpoints').glob('*.safetensors'))
  names = safetensors.numpy.load_file(newest)
  assert any('encoder' in n for n in names) == (IMPALA in command)
