"""Studies without Ray: each attempt is made at once, in this process."""

import contextlib
import sys

from reincarnating_rl.studies import attempt, runs
from reincarnating_rl.studies.plan import Job

APPEND = "open({tape!r}, 'a').write({word!r} + ' ')"


class InlineEngine:
  """Makes the attempts that were asked for when it is asked for news."""

  def __init__(self):
    self._started = []

  def start(self, key, request):
    self._started.append((key, request))

  def events(self, seconds):
    for key, request in self._started:
      for news in attempt.run(request):
        yield key, news
    self._started = []

  def stop(self, *, at_once=False):
    pass


def use(monkeypatch):
  """Has studies in this test do without Ray."""
  monkeypatch.setattr(runs, 'Engine', InlineEngine)
  nothing = contextlib.nullcontext()
  monkeypatch.setattr(runs.session, 'connected', lambda *a: nothing)
  monkeypatch.setattr(runs.session, 'check_room', lambda *a: None)
  monkeypatch.setattr(runs.session, 'room', lambda *a: 9)


class ScriptRuns(runs.Runs):
  """Runs a job's flag as a program."""

  def command(self, job):
    return ('-c', job.flags[0])


def script(tape, name, *, then='', needs=None, **settings):
  """A job that writes its name on a tape."""
  text = APPEND.format(tape=str(tape), word=name)
  return Job(name, (f'{text}\n{then}',), needs, **settings)


def python(words):
  """What a user sees of a command after the interpreter."""
  return [sys.executable, *words]
