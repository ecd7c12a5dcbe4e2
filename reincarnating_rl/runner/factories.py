"""From names to objects: student, teacher, environments, runner."""

import functools
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import gin

from reincarnating_rl.agents.classes import AGENTS, names_that_count_before
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.runner import (
  cloned_teacher,
  observations,
  pairing,
  student_network,
  teacher_choice,
  tracked,
)
from reincarnating_rl.runner.runner import RunnerWithTeacher
from reincarnating_rl.settings import gin_names, gin_parsing
from reincarnating_rl.support.errors import UserError, did_you_mean
from reincarnating_rl.teachers import clone
from reincarnating_rl.teachers import factory as teacher_factory
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.sources import (
  TeacherSettings as TeacherSettings,
)
from reincarnating_rl.teachers.sources import (
  find_teacher_replay,
  read_teacher_state,
)


def check_names(agent: str | None, teacher_agent: str) -> None:
  """Refuses names that no registry has; the error tells the nearest."""
  _check('--agent', agent, AGENTS)
  teachers = (*teacher_factory.TEACHERS, clone.NAME)
  _check('--teacher_agent', teacher_agent, teachers)


def _check(flag: str, name: str | None, registry: Collection[str]) -> None:
  if name not in registry:
    raise UserError(
      f'{flag} {name!r} is not one of {", ".join(registry)}.'
      f'{did_you_mean(name or "", registry)}'
    )


def load_settings(
  agent: str,
  gin_files: Sequence[str],
  gin_bindings: Sequence[str],
  objects: Mapping[str, Any] | None = None,
) -> None:
  """Parses the configuration of an agent; see `gin_parsing.load`.

  Args:
    agent: a key of `AGENTS`.
    gin_files: paths, or names of shipped files.
    gin_bindings: that override them.
    objects: values of Python's by setting, such as `create_teacher.policy`.

  Raises:
    UserError: naming the file or binding that is wrong, or the one of these
      bindings that would not count.
  """
  chosen = AGENTS[agent]
  gin_parsing.load(
    gin_files,
    gin_bindings,
    network_parameter=chosen.kind.network_parameter,
    overridden={chosen.method.gin_name: names_that_count_before(chosen)},
    objects=objects,
  )
  episodes = gin.get_bindings('RunnerWithTeacher').get('evaluation_episodes')
  steps = 'Runner.evaluation_steps'
  names = [binding.partition('=')[0].strip() for binding in gin_bindings]
  if episodes is not None and steps in names:
    raise UserError(
      f'RunnerWithTeacher.evaluation_episodes is {episodes}, and counts before '
      f'{steps}: bind it instead, or to None as well.'
    )


def create_runner(
  *, base_dir: str, seed: int, **asked: Any
) -> RunnerWithTeacher:
  """Builds an experiment from names; gin sets the rest, the game among it.

  Args:
    base_dir: of the run; a checkpoint there is resumed.
    seed: of everything.
    **asked: see `prepare`.

  Returns:
    The runner, ready for `run_experiment`.

  Raises:
    UserError: something that the user named does not exist or does not fit.
  """
  _, make = prepare(base_dir=base_dir, **asked)
  return make(base_dir, seed=seed)


def prepare(
  *,
  base_dir: str,
  agent: str,
  teacher: TeacherSettings,
  atari_roms_path: str | None = None,
  command: str | None = None,
  given: Sequence[str] = (),
  track: str | None = None,
) -> tuple[Game, Callable[..., RunnerWithTeacher]]:
  """Makes what all seeds of an experiment share.

  Args:
    base_dir: of the experiment, in which a teacher is kept that it makes.
    agent: a key of `AGENTS`.
    teacher: where the teacher is; tabula rasa is only compared with it.
    atari_roms_path: directory of ROMs, or None for ale-py's own.
    command: that asks for all this, for `lineage.json`.
    given: what a program gave as objects, which no file holds.
    track: a key of `tracking.table.TRACKERS`, or None.

  Returns:
    The game, and `(base_dir, *, seed, kind=RunnerWithTeacher, **more) ->
    runner`.

  Raises:
    UserError: see `create_runner`.
  """
  game = gin_names.create_games(atari_roms_path=atari_roms_path)
  student = AGENTS[agent]
  made = teacher_choice.create_teacher(
    teacher,
    game,
    needed=student.method.needs_teacher,
    student=student,
    folder=os.path.join(base_dir, cloned_teacher.FOLDER),
  )

  started_as = {
    'agent': agent,
    'command': command,
    'teacher': teacher.anywhere()._asdict(),
    # A run may be resumed from another folder.
    'atari_roms_path': atari_roms_path
    and os.path.abspath(os.path.expanduser(atari_roms_path)),
    'given': list(given),
    'config': gin.config_str(),
  }

  def make(
    base_dir: str, *, seed: int, kind: Any = RunnerWithTeacher, **more: Any
  ) -> RunnerWithTeacher:
    create = functools.partial(
      create_agent,
      agent,
      seed=seed,
      stack_size=game.stack_size,
      teacher=made,
      network=student_network.of_teacher(student, made),
    )
    runner = kind(
      base_dir,
      create,
      game,
      teacher=made,
      find_teacher_replay=functools.partial(find_teacher_replay, teacher),
      read_teacher_state=functools.partial(read_teacher_state, teacher, made),
      seed=seed,
      started_as=started_as,
      **more,
    )
    if track is not None:
      # A tracker hears of no run that cannot begin.
      gin_parsing.check_every_binding_was_read()
      tracked.begin(track, runner)
    return runner

  return game, make


def create_agent(
  name: str,
  session: None,
  environment: Environment,
  *,
  seed: int,
  stack_size: int,
  teacher: Teacher | None = None,
  network: Any = None,
  num_environments: int = 1,
  summary_writer: str | None = None,
) -> Student:
  """Makes a student, in the way that Dopamine's `Runner` asks for one.

  Args:
    name: a key of `AGENTS`.
    session: of TensorFlow 1; none here.
    environment: whose actions and observations it is made for.
    seed: of the student.
    stack_size: S, observations in a state, unless gin says otherwise.
    teacher: of the student; None for tabula rasa.
    network: in place of what gin binds, or else of what fits the game.
    num_environments: that it acts in at a time.
    summary_writer: Dopamine's folder for summaries; collectors write ours.

  Raises:
    UserError: a setting makes no sense, or does not fit the game.
  """
  del session, summary_writer
  student = AGENTS[name]
  pairing.check(student, environment)
  return student(
    environment.actions,
    seed=seed,
    teacher=teacher,
    game=observations.game_settings(student.kind, environment, stack_size),
    network=network or student_network.of_game(student.kind),
    num_environments=num_environments,
  )
