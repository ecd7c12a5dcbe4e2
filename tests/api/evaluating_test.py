"""`evaluate`: the episodes of the command line."""

import json
import shutil
import sys
import warnings

import pytest

import reincarnating_rl as rrl
from reincarnating_rl.api import games
from reincarnating_rl.cli.teachers import cli
from tests.api import runs


def test_the_episodes_are_those_of_the_command(base_dir, tmp_path):
  path = tmp_path / 'score.json'
  words = ['evaluate', str(base_dir), '--game', runs.GAME, '--seed', '3']
  words += ['--episodes', '5', '--json', str(path)]
  assert cli.main([*words, '--epsilon', '0.25']) == 0
  told = json.loads(path.read_text())
  score = rrl.evaluate(rrl.load_run(base_dir), episodes=5, seed=3, epsilon=0.25)
  assert list(score.returns) == told['returns']
  assert list(score.lengths) == told['lengths']
  assert score.mean == told['score']['mean']
  assert str(score) == f'{score.mean:.2f} ± {score.stderr:.2f} (5 episodes)'


def test_what_may_make_a_teacher_worse_is_a_warning(
  fixtures, tmp_path, monkeypatch
):
  name, plays = 'ppo-MountainCar-v0.zip', {'episodes': 2}
  path = f'{fixtures}/foreign/mountain_car/{name}'
  with warnings.catch_warnings():
    warnings.simplefilter('error')
    rrl.evaluate(path, game='MountainCar-v0', **plays)
  shutil.copy(path, tmp_path / name)  # Without its statistics.
  with pytest.warns(UserWarning, match=f'{name}: .*VecNormalize') as told:
    rrl.evaluate(tmp_path / name, game='MountainCar-v0', **plays)
  assert told[0].filename == __file__
  create = games.create
  monkeypatch.setattr(
    games,
    'create',
    lambda *a, **s: create(*a, **s)._replace(if_all_time_out='press FIRE'),
  )
  with pytest.warns(UserWarning, match='press FIRE'):
    rrl.evaluate('random', game='MountainCar-v0', **plays)


def test_a_module_that_a_file_names_is_not_imported(base_dir, tmp_path):
  shutil.copytree(base_dir, tmp_path / 'run')
  lineage = tmp_path / 'run' / 'lineage.json'
  told = json.loads(lineage.read_text())
  lineage.write_text(json.dumps(told | {'game': 'this:Evil-v0'}))
  run = rrl.load_run(tmp_path / 'run')
  with pytest.raises(rrl.UserError, match='CartPole-v1, is .* of a module'):
    rrl.evaluate(run)
  assert 'this' not in sys.modules
  assert rrl.evaluate(run, game=runs.GAME, episodes=1).returns


@pytest.mark.parametrize(
  'settings, told',
  [
    ({'episodes': 0}, 'episodes is 0'),
    ({'epsilon': 2}, 'epsilon is 2'),
    ({'game': None}, 'game is missing'),
  ],
)
def test_mistakes(settings, told):
  with pytest.raises(rrl.UserError, match=told):
    rrl.evaluate('random', **({'game': runs.GAME} | settings))
