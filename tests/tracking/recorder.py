"""A tracker that keeps what it is told, and fails when it is asked to."""

import pytest

from reincarnating_rl.tracking.table import TRACKERS, Entry


class Recorder:
  """The one that was made last is `Recorder.made`."""

  made = None
  fails = ''

  def __init__(self, story):
    if self.fails == 'start':
      raise ConnectionError('no answer\nfrom there')
    Recorder.made = self
    self.story, self.id = story, story.id or 'first'
    self.rows, self.ended = [], None

  def log(self, rows):
    if self.fails == 'log':
      raise ConnectionError('gone')
    self.rows += rows

  def finish(self, scores, lineage, *, done):
    self.ended = (scores, lineage, done)


@pytest.fixture
def recorder(monkeypatch):
  entry = Entry('Recorder', 'json', f'{__name__}:Recorder', 'ask it', False)
  monkeypatch.setitem(TRACKERS, 'recorder', entry)
  monkeypatch.setattr(Recorder, 'fails', '')
  return Recorder
