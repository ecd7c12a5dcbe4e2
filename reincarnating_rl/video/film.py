"""The frames of a video, in their order."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.envs.family import Game
from reincarnating_rl.video import take as takes_lib
from reincarnating_rl.video.scene import Scene
from reincarnating_rl.video.take import Take


class Film(NamedTuple):
  """A video that is to be made.

  Attributes:
    game: that is played.
    takes: side by side.
    seed: of their episodes.
    stream: of their episodes.
    frames_per_second: a frame is a step.
    seconds: of the video, at most.
  """

  game: Game
  takes: Sequence[Take]
  seed: int
  stream: int
  frames_per_second: int
  seconds: float

  @property
  def most(self) -> int:
    """Frames at most."""
    return max(1, int(self.seconds * self.frames_per_second))

  def __len__(self) -> int:
    """Frames: until the last episode is over, and a second more to read."""
    longest = max(take.shown.length for take in self.takes) + 1
    return min(longest + self.frames_per_second, self.most)

  def frames(self) -> Iterator[np.ndarray]:
    """Yields the frames, [H, W, 3] uint8, of one even height and width.

    Raises:
      UserError: see `take.reenact`.
    """
    with contextlib.ExitStack() as stack:
      played = []
      for take in self.takes:
        environment = self.game.create_environment_to_draw()
        stack.callback(environment.close)
        played.append(
          takes_lib.reenact(
            environment, take.shown, seed=self.seed, stream=self.stream
          )
        )
      moments = [next(each) for each in played]
      scene = Scene(self.takes, moments[0].picture.shape, self._cuts())
      for _ in range(len(self)):
        yield scene.draw(moments)
        # Who is over waits for the others.
        moments = [
          next(each, moment)
          for each, moment in zip(played, moments, strict=True)
        ]

  def _cuts(self) -> list[str]:
    """Returns for each take what is not shown of it; '' for nothing."""
    return [
      f'Cut after {self.seconds:g} s, at step {self.most - 1:,} of '
      f'{take.shown.length:,}.'
      if take.shown.length >= self.most
      else ''
      for take in self.takes
    ]
