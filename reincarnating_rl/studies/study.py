"""A study: what is trained, from whom, how often, and what is compared."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Resources(NamedTuple):
  """What one run needs of the machine that it is on."""

  cpus: int = 1
  gpus: float = 0.0  # a fraction of one, or whole ones
  memory: int = 0  # bytes that must be free; 0: nobody counts
  gpu_memory_fraction: float | None = None  # of each GPU; None: as `gpus`


class Variant(NamedTuple):
  """An agent and its settings. A teacher is one, too, with a seed of its own.

  Attributes:
    runs: the folder of its runs, below the study's.
    agent: `--agent`.
    gin_files: in this order.
    bindings: gin's, `name = value`.
    per_game: more bindings, by game.
    teacher: a key of `Study.teachers`; None for a run without one.
    teacher_checkpoint: of that teacher's run; None for the last.
    seed: of a teacher's runs.
    one_program: whether the seeds of a game are one program.
    resources: of each run, or of each such program.
  """

  runs: str
  agent: str
  gin_files: tuple[str, ...]
  bindings: tuple[str, ...] = ()
  per_game: Mapping[str, tuple[str, ...]] = {}
  teacher: str | None = None
  teacher_checkpoint: int | None = None
  seed: int = 0
  one_program: bool = False
  resources: Resources = Resources()


class Stored(NamedTuple):
  """A teacher that exists: a folder for each game."""

  folders: Mapping[str, str]
  agent: str | None = None  # `--teacher_agent`


class Table(NamedTuple):
  """What a report compares."""

  title: str
  variants: tuple[str, ...]
  scale_of: str | None = None  # the variant whose teachers score 1


class Study(NamedTuple):
  """What a study file says.

  Attributes:
    games: by the names that `game_setting` takes.
    game_setting: the gin setting that names a game.
    seeds: of the runs of each variant in each game.
    teachers: by name; each comes after the one that it learns from.
    variants: by name.
    tables: by the name of the report's folder.
    retries: how often a run is started again that failed or was lost.
  """

  games: Sequence[str]
  game_setting: str
  seeds: Sequence[int]
  teachers: Mapping[str, Variant | Stored]
  variants: Mapping[str, Variant]
  tables: Mapping[str, Table]
  retries: int
