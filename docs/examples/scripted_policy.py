"""Teachers that are functions: follow Pong's ball; cross Freeway with care.

  PYTHONPATH=docs/examples python -m reincarnating_rl.train \
    --agent qdagger_dqn --gin_files configs/demo_pong.gin \
    --teacher_agent callable \
    --gin_bindings "import scripted_policy" \
    --gin_bindings "create_teacher.policy = @scripted_policy.follow_the_ball" \
    --base_dir runs/scripted

A teacher's function takes states as NumPy arrays and returns an action for each
of them, or logits[B, A]. It may call whatever it likes, another framework's
network say: it is asked once for each stored state, never in an update.
"""

import gin
import numpy as np

# Of Pong's actions in the emulator's order: NOOP, FIRE, RIGHT, LEFT, ...
STAY, SERVE, UP, DOWN = 0, 1, 2, 3
FIELD = slice(14, 77)  # rows
PADDLE, BETWEEN = slice(73, 76), slice(12, 72)  # columns
BACKGROUND = 87

# Of Freeway's: NOOP, UP, DOWN.
WAIT, FORWARD = 0, 1
ROAD, CHICKEN = slice(10, 80), slice(17, 28)
NEAR = slice(12, 32)  # Ten columns to either side of the chicken.
WHITE = 220


@gin.configurable
def follow_the_ball(states: np.ndarray) -> np.ndarray:
  """Returns actions [B] for states [B, 84, 84, 4], the newest frame last."""
  return np.array([_act(state[FIELD, :, -1]) for state in states])


@gin.configurable
def cross_with_care(states: np.ndarray) -> np.ndarray:
  """Returns actions [B] for states [B, 84, 84, 4] of Freeway.

  The chicken waits while a car in the next lane is near, on either side. That
  is too much care: half of these cars have passed.
  """
  return np.array([_cross(state[..., -1], state[..., -2]) for state in states])


@gin.configurable
def always_up(states: np.ndarray) -> np.ndarray:
  """Returns logits [B, 3] of Freeway's NOOP, UP and DOWN."""
  return np.tile(np.float32([0.0, 6.0, 0.0]), (len(states), 1))


def _act(field: np.ndarray) -> int:
  is_object = np.abs(field.astype(int) - BACKGROUND) > 15
  ball = np.nonzero(is_object[:, BETWEEN])[0]
  paddle = np.nonzero(is_object[:, PADDLE])[0]
  if not len(ball):
    return SERVE
  if not len(paddle) or abs(ball.mean() - paddle.mean()) < 2.0:
    return STAY
  return UP if ball.mean() < paddle.mean() else DOWN


def _cross(frame: np.ndarray, before: np.ndarray) -> int:
  chicken = np.nonzero((frame[ROAD, CHICKEN] > WHITE).any(1))[0]
  if not len(chicken):
    return FORWARD
  row = ROAD.start + int(chicken.mean())
  # The rows above the chicken, as far as there is road.
  next_lane = slice(max(row - 10, 8), max(row - 3, 9))
  moved = np.abs(frame.astype(int) - before)[next_lane, NEAR] > 15
  return WAIT if moved.any() else FORWARD
