"""The fleet: all seeds of an experiment, iteration by iteration."""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.fleet import building, mirror, pace, rollout
from reincarnating_rl.fleet.learning import Online, Seed
from reincarnating_rl.fleet.measuring import Measuring
from reincarnating_rl.fleet.offline import Offline
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.fleet.training import Training
from reincarnating_rl.runner.evaluator import evaluation_stream
from reincarnating_rl.runner.plan import Iteration, Phase, steps_until
from reincarnating_rl.runner.progress import bar
from reincarnating_rl.support.errors import NotFiniteError, UserError
from reincarnating_rl.support.interrupts import Interrupted, InterruptFlag

_MEASURING = 1  # Folded into a seed's key: its episodes that are measured.


class Fleet:
  """Runs the plan for all seeds at once.

  Attributes:
    seeds: the runs.
    state: all that changes of them, on the devices.
  """

  def __init__(
    self,
    seeds: Sequence[SeedRunner],
    online: Online,
    spread: Spread,
    interrupt: InterruptFlag,
  ) -> None:
    """Takes runs that have been resumed, and puts them on the devices.

    Args:
      seeds: all at one place.
      online: how each learns.
      spread: of them.
      interrupt: says that the user asked to stop.

    Raises:
      UserError: the seeds are at different places.
    """
    self.seeds, self._online, self._spread = seeds, online, spread
    self._interrupt = interrupt
    self._check_places()
    self._training = Training(seeds, online, spread)
    self._offline = Offline(seeds, online, spread)
    self._measuring = Measuring(
      spread, online.player, online.player.game.lanes, interrupt.check
    )
    self._data: Any = None  # The teacher's, where batches are mixed.
    self._saved_at = time.monotonic()
    self.state: Seed | None = None
    self._push()

  @property
  def plan(self) -> tuple[Iteration, ...]:
    """Every iteration, in order."""
    return self.seeds[0].plan

  def run(self) -> None:
    """Runs what is left of the plan.

    Raises:
      Interrupted: the user asked to stop; checkpoints have what was done.
      NotFiniteError: of the teacher or of a student.
      UnwritableError: a disk fails.
    """
    start = self.seeds[0].progress.position.next_number
    try:
      with self._interrupt.listening():
        for iteration in self.plan[start:]:
          self._run_iteration(iteration)
          self._save(iteration)
      for seed in self.seeds:
        seed.write_summary(quiet=len(self.seeds) > 1)
    except Interrupted:
      number = self.seeds[0].progress.position.number
      if self.plan[number].trains:
        self._save(self.plan[number])
      raise
    finally:
      for seed in self.seeds:
        seed.close()

  def _run_iteration(self, iteration: Iteration) -> None:
    for seed in self.seeds:
      seed.progress.enter(iteration.number)
    with self._telling_where(iteration):
      _PHASES[iteration.phase](self, iteration)
      if iteration.trains:
        self._pull_learners()
        self._measure_student(iteration)
      for seed in self.seeds:
        seed.run_iteration(iteration.number)
    if iteration.phase is Phase.RELOAD:
      self._push()
    elif iteration.phase is Phase.PRETRAIN:
      self._push_learners()
    self._tell(iteration)

  # Phases.

  def _reload(self, iteration: Iteration) -> None:
    """Leaves it to the runs themselves."""

  def _load(self, iteration: Iteration) -> None:
    """Has the first run read, and the others read its memory."""
    first, *others = self.seeds
    if any(row.phase is Phase.COLLECT for row in self.plan):
      return  # Each will add to its own.
    phase = first.parts.phases[Phase.LOAD]
    metrics = phase(iteration)
    for seed in self.seeds:
      seed.parts.phases[Phase.LOAD] = lambda iteration: metrics
    for seed in others:
      seed.data.store = first.data.store.reading(seed.agent._seed)
      seed.record.teacher_steps = first.record.teacher_steps
      seed.record.teacher_data = first.record.teacher_data

  def _measure_teacher(self, iteration: Iteration) -> None:
    agent = self.seeds[0].agent
    self._measure('random', rollout.uniform(agent.num_actions), None, iteration)
    chosen = rollout.teacher(agent.teacher, agent.epsilon_eval)
    self._measure('teacher', chosen, None, iteration, is_teacher=True)

  def _measure_student(self, iteration: Iteration) -> None:
    agent = self.seeds[0].agent
    chosen = rollout.student(agent.learner.q_values, agent.epsilon_eval)
    params = self.state.learner.params
    self._measure('student', chosen, params, iteration)

  def _measure(
    self,
    who: str,
    chosen: rollout.Choose,
    params: Any,
    iteration: Iteration,
    **more: Any,
  ) -> None:
    """Plays the episodes of an evaluation."""
    began, seed = time.monotonic(), self.seeds[0]
    episodes = seed._settings.evaluation_episodes
    steps = seed._evaluation_steps if episodes is None else None
    played = self._measuring.play(
      *(who, chosen, params, self._keys(iteration)),
      steps=steps,
      episodes=episodes,
      **more,
    )
    for seed, its in zip(self.seeds, played, strict=True):
      seed.played.returns[who] = [episode.return_ for episode in its]
      seed.record.spend('EVALUATION', time.monotonic() - began)

  def _collect(self, iteration: Iteration) -> None:
    began, seed = time.monotonic(), self.seeds[0]
    # Each seed deducts what it has; the one that lacks most says how many.
    wanted = steps_until(self.plan, iteration) - min(
      seed.record.teacher_steps for seed in self.seeds
    )
    replay = self._online.replay
    played = self._measuring.play(
      'collect',
      rollout.teacher(seed.agent.teacher, seed._settings.teacher_epsilon),
      None,
      self._keys(iteration),
      steps=max(wanted, 0),
      encode=replay.encode,
      decode=building.decoder(replay),
      is_teacher=True,
    )
    for seed, its in zip(self.seeds, played, strict=True):
      seed.played.episodes = its
      seed.record.spend(iteration.phase.name, time.monotonic() - began)

  def _keys(self, iteration: Iteration) -> list[Any]:
    """Returns the key of each seed's episodes that are not trained on."""
    stream = evaluation_stream(iteration.number)
    return [
      np.asarray(
        jax.random.fold_in(
          jax.random.fold_in(jax.random.PRNGKey(seed._seed), _MEASURING), stream
        )
      )
      for seed in self.seeds
    ]

  def _pretrain(self, iteration: Iteration) -> None:
    with self._bar(iteration, 'updates') as moving:
      for learners, count in self._offline.run(self.state.learner, iteration):
        self.state = self.state._replace(learner=learners)
        moving.update(count)
        self._at_safe_point(iteration)
    self._offline.forget()

  def _train(self, iteration: Iteration) -> None:
    for seed in self.seeds:
      seed.online.begin()
    if self._online.mix is not None and self._data is None:
      self._data = self._mixed_data()
    position = self.seeds[0].progress.position
    parts = pace.parts(
      self.seeds[0].agent.training_steps,
      iteration.steps - position.steps,
      self._online.update_period,
    )
    with self._bar(iteration, 'steps') as moving:
      for part in parts:
        self.state = self._training.run(self.state, self._data, part)
        moving.update(part.total)
        self._at_safe_point(iteration)

  def _mixed_data(self) -> Any:
    most = max(len(s.data.store.columns['reward']) for s in self.seeds)
    most = min(most, max(s.data.store.next_step for s in self.seeds))
    replay = self._online.replay
    return self._spread.put(
      [building.data_of(seed, replay, most) for seed in self.seeds]
    )

  # Between programs.

  def _bar(self, iteration: Iteration, unit: str) -> Any:
    return bar(
      iteration,
      f'{iteration.phase.value}, {len(self.seeds)} seeds',
      total=iteration.steps,
      unit=unit,
      done=self.seeds[0].progress.position.steps,
    )

  def _at_safe_point(self, iteration: Iteration) -> None:
    self._interrupt.check()
    elapsed = time.monotonic() - self._saved_at
    if elapsed > self.seeds[0].checkpoint_seconds:
      self._save(iteration)

  def _tell(self, iteration: Iteration) -> None:
    if not iteration.trains:
      return
    rows = [seed.record.rows[-1] for seed in self.seeds]
    scores = [row['score']['mean'] for row in rows]
    rate = self.seeds[0].progress.position
    line = (
      f'iteration {iteration.number}: eval return {np.mean(scores):.4g} '
      f'({min(scores):.4g} to {max(scores):.4g})'
    )
    if rows[0]['normalized'] is not None:
      normalized = np.mean([row['normalized'] for row in rows])
      line += f', normalised {normalized:.3g}'
    unit = 'steps' if iteration.phase is Phase.ONLINE else 'updates'
    rate = len(rows) * rate.steps / max(rate.seconds, 1e-9)
    print(f'{line}, {rate:.4g} {unit}/s of all seeds')

  @contextlib.contextmanager
  def _telling_where(self, iteration: Iteration) -> Any:
    try:
      yield
    except NotFiniteError as error:
      first = self.seeds[0]
      steps = first.progress.position.steps
      error.args = (
        f'{error} This was in iteration {iteration.number} '
        f'({iteration.phase.value}), after {steps} of its steps, in one of '
        f'{len(self.seeds)} seeds. The last good checkpoints stay.',
      )
      raise

  # From the runs to the devices and back.

  def _check_places(self) -> None:
    first = self.seeds[0]
    for seed in self.seeds:
      here, there = seed.progress.position, first.progress.position
      if (here.number, here.steps, here.finished) != (
        *(there.number, there.steps),
        there.finished,
      ):
        raise UserError(
          f'{seed._base_dir} goes on in iteration {here.number} and '
          f'{first._base_dir} in iteration {there.number}, for a checkpoint is '
          'damaged: remove the newest checkpoints of the others, or choose '
          'another --base_dir.'
        )

  def _push(self) -> None:
    """Puts all that changes on the devices."""
    store = self.seeds[0].agent.batches.replay
    self._training.step = store.next_step
    self._training.labelled = store.labelled
    self.state = self._spread.put([self._seed_of(s) for s in self.seeds])

  def _seed_of(self, seed: SeedRunner) -> Seed:
    begun = seed.episode()
    return Seed(
      learner=jax.device_get(seed.agent.trainer.state),
      ring=mirror.ring_of(seed.agent.batches.replay, self._online.replay),
      play=begun['play'],
      roll_in=begun['roll_in'],
      key=begun['key'],
    )

  def _push_learners(self) -> None:
    learners = self._spread.put(
      [jax.device_get(seed.agent.trainer.state) for seed in self.seeds]
    )
    self.state = self.state._replace(learner=learners)

  def _pull_learners(self) -> None:
    learners = self._spread.take(self.state.learner)
    for seed, learner in zip(self.seeds, learners, strict=True):
      seed.agent.trainer.state = jax.tree.map(jnp.array, learner)

  def _save(self, iteration: Iteration) -> None:
    """Writes a checkpoint of every seed."""
    if not (iteration.trains and self.seeds[0].progress.position.finished):
      self._pull_learners()
    for seed, state in zip(
      self.seeds, self._spread.take(self.state), strict=True
    ):
      mirror.fill(
        seed.agent.batches.replay,
        state.ring,
        self._online.replay,
        step=self._training.step,
        labelled=self._training.labelled,
      )
      begun = {'play': state.play, 'roll_in': state.roll_in, 'key': state.key}
      seed.save(iteration.number, begun)
    self._saved_at = time.monotonic()


_PHASES = {
  Phase.RELOAD: Fleet._reload,
  Phase.LOAD: Fleet._load,
  Phase.TEACHER_EVALUATION: Fleet._measure_teacher,
  Phase.COLLECT: Fleet._collect,
  Phase.PRETRAIN: Fleet._pretrain,
  Phase.ONLINE: Fleet._train,
}
