"""What Trackio 0.43 takes, recorded: its Pillow is not the one of the tests."""

import json
import pathlib


class Run:
  """A run that keeps what it is told, as Trackio's does in its own store."""

  def __init__(self, name, config):
    self.name, self.config = name, config
    self.logged, self.artifacts, self.finished = [], {}, False

  def log(self, metrics: dict, step: int | None = None):
    json.dumps(metrics)
    self.logged.append((step, metrics))

  def log_artifact(self, artifact_or_path, name=None, type=None):  # noqa: A002
    text = pathlib.Path(artifact_or_path).read_text()
    self.artifacts[name] = (type, json.loads(text))

  def finish(self):
    self.finished = True


class Trackio:
  """The module; `runs` are by name."""

  def __init__(self):
    self.runs = {}

  def init(
    self,
    project: str,
    name: str | None = None,
    group: str | None = None,
    config: dict | None = None,
    resume: str = 'never',
    embed: bool = True,
  ):
    json.dumps(config)
    assert resume == 'allow' or name not in self.runs
    return self.runs.setdefault(name, Run(name, config))
