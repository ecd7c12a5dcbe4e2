"""Which episode is shown, and that it is the one that was played."""

import numpy as np
import pytest

from reincarnating_rl.envs import games
from reincarnating_rl.envs.lanes import Episode, Keep
from reincarnating_rl.envs.policies import uniform_policy
from reincarnating_rl.envs.rollouts import rollouts
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.video import take


def episode(index, return_):
  rewards = np.array([return_], np.float32)
  return Episode(index, True, np.zeros(1, np.int32), rewards, None, None)


def played(game, *, lanes=2, episodes=3):
  made = games.create_game(game, num_vector_environments=lanes)
  environment = made.create_vector_environment()
  try:
    return made, sorted(
      rollouts(
        environment,
        uniform_policy(environment.actions),
        seed=7,
        iteration=1,
        stack_size=made.stack_size,
        num_episodes=episodes,
        keep=Keep.ALL,
        max_steps_per_episode=40,
      ),
      key=lambda each: each.index,
    )
  finally:
    environment.close()


@pytest.mark.parametrize(
  ('returns', 'index'),
  [
    ([5], 0),
    ([9, 1, 5], 2),
    ([1, 2, 3, 4], 1),  # The lower of two.
    ([4, 4, 4, 4, 9], 2),  # Of equal ones, as if sorted by seed.
    ([0, -3, 100, 2, 1], 4),
  ],
)
def test_the_median_is_shown(returns, index):
  episodes = [episode(i, x) for i, x in enumerate(returns)]
  assert take.median(episodes).index == index
  assert take.median(episodes[::-1]).index == index


@pytest.mark.parametrize(
  'game', ['MinAtar/breakout', 'LunarLander-v3', 'Pendulum-v1', 'Pong']
)
def test_an_episode_comes_again(game):
  made, episodes = played(game)
  environment = made.create_environment_to_draw()
  shown = episodes[1]
  moments = list(take.reenact(environment, shown, seed=7, stream=1))
  environment.close()
  assert [moment.steps for moment in moments] == [*range(shown.length + 1)]
  assert moments[-1].score == pytest.approx(shown.return_, rel=1e-6)
  shapes = {moment.picture.shape for moment in moments}
  ((height, width, colors),) = shapes
  assert height > 9 and width > 9 and colors == 3
  assert {moment.picture.dtype for moment in moments} == {np.dtype(np.uint8)}
  # It moves.
  assert any((moment.picture != moments[0].picture).any() for moment in moments)


def test_another_episode_is_refused():
  made, (_, shown, _) = played('LunarLander-v3')
  environment = made.create_environment_to_draw()
  with pytest.raises(UserError, match=r'Step 1 of episode 2 has the reward'):
    list(take.reenact(environment, shown, seed=8, stream=1))
  environment.close()


def test_values_are_q_values_or_probabilities():
  logits = np.log(np.array([[1.0, 3.0], [2.0, 2.0]], np.float32))
  np.testing.assert_allclose(
    take.values_of(logits, None), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6
  )
  np.testing.assert_allclose(take.values_of(logits, 0.5), 0.5 * logits)
  masked = np.array([[-np.inf, 0.0]], np.float32)
  np.testing.assert_array_equal(take.values_of(masked, None), [[0.0, 1.0]])
