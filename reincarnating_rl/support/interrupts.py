"""Ctrl-C: the first asks to stop, the second stops at once.

SIGTERM is the same. SIGHUP only asks: it tells that a terminal has gone, or the
process that started this one, often beside a SIGTERM for the same reason.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Interrupted(KeyboardInterrupt):
  """The user asked to stop; finished work is kept."""


class InterruptFlag:
  """Remembers a request to stop until a safe point is reached.

  Attributes:
    requested: whether the user asked to stop.
    insisted: whether again. `KeyboardInterrupt` says so as well, but is lost
      where a library drops an object.
    signals: that are handled while it listens.
  """

  def __init__(
    self, promise: str = 'at the next safe point, with a checkpoint'
  ) -> None:
    """Makes a flag that is not set.

    Args:
      promise: when and how the program will stop, for the message.
    """
    self.requested = self.insisted = False
    self.signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    self._promise = promise
    self._told = False  # By a signal whose repetition stops at once.

  def check(self) -> None:
    """Raises `Interrupted` if the user asked to stop."""
    if self.requested:
      raise Interrupted

  @contextlib.contextmanager
  def listening(self) -> Iterator[None]:
    """Handles the signals in this context."""
    if threading.current_thread() is not threading.main_thread():
      yield  # Only the main thread may handle signals.
      return
    # That a program ignores SIGHUP was set by nohup.
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    handled = [s for s in self.signals if not (ignored and s is signal.SIGHUP)]
    previous = {s: signal.signal(s, self._handle) for s in handled}
    try:
      yield
    finally:
      for number, handler in previous.items():
        signal.signal(number, handler)

  def _handle(self, number: int, frame: FrameType | None) -> None:
    del frame
    if number != signal.SIGHUP:
      if self._told:
        self.insisted = True
        raise KeyboardInterrupt
      self._told = True
    self.requested = True
    # Not `print`: the signal may interrupt another write.
    text = (
      f'\n{signal.Signals(number).name}: stopping; {self._promise}. Repeat '
      'to stop at once.\n'
    )
    with contextlib.suppress(OSError):  # The terminal may be gone.
      os.write(2, text.encode())
