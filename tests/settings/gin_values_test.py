"""Values of a wrong type, out of range, or that gin cannot read."""

import collections.abc
import inspect
import typing

import gin
import numpy as np
import pytest

from reincarnating_rl.runner import factories
from reincarnating_rl.settings import gin_parsing, gin_types, shipped_configs
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.setting_types import Range

# First parts of gin's names. Its own are not there: a macro may be anything.
_ROOMS = {
  *('dopamine', 'reincarnating_rl', 'reincarnation_networks', 'methods'),
  *('teachers', 'games', 'schedules', 'students'),
}
_INFINITE = '1e999'
# What is no number, name, sequence or function: right for nothing.
_NOTHING = '{"a": 1}'
# Settings of any number: gains, returns, and the bounds of observations.
_UNBOUNDED = {
  *('random_score', 'margin', 'vmax', 'vmin', 'value_range'),
  *('min_vals', 'max_vals', 'action_limits'),
  *('target_entropy', 'reward_scale_factor', 'log_std_limit'),
}


def load(*bindings):
  gin_parsing.load([], bindings, network_parameter='JaxDQNAgent.network')


def refusal(*bindings):
  """Returns the line that refuses bindings."""
  with pytest.raises(UserError) as caught:
    load(*bindings)
  line = str(caught.value)
  assert '\n' not in line and len(line) < 500
  return line


def settings():
  """Returns all that gin lets a user bind: names, and their parameters."""
  registry = dict(gin.config._REGISTRY.items())
  found = []
  for selector, target in registry.items():
    if selector.split('.')[0] in _ROOMS:
      for parameter in inspect.signature(target.wrapped).parameters.values():
        allowed = target.allowlist or [parameter.name]
        if parameter.name in allowed and parameter.name not in (
          target.denylist or ()
        ):
          found.append((selector, parameter))
  return found


SETTINGS = settings()


def numbers_in(hint):
  """Returns the numeric types within a type, each with its ranges."""
  origin, args = typing.get_origin(hint), typing.get_args(hint)
  if hint in (int, float):
    return [(hint, [])]
  if origin is typing.Annotated and args[0] in (int, float):
    return [(args[0], [x for x in args[1:] if isinstance(x, Range)])]
  return [x for arg in args for x in numbers_in(arg)]


def takes(hint, kind):
  """Returns whether a value of a type may be of another one, `kind`."""
  parts = typing.get_args(hint)
  return (
    hint is kind
    or typing.get_origin(hint) is kind
    or any(takes(part, kind) for part in parts)
  )


def test_every_setting_has_a_type():
  assert len(SETTINGS) > 600
  untyped = [
    f'{selector}.{parameter.name}'
    for selector, parameter in SETTINGS
    if gin_types.declared(selector, parameter.name) in gin_types.ANY
  ]
  assert not untyped


def test_no_setting_takes_a_value_of_another_type():
  for selector, parameter in SETTINGS:
    name = f'{selector.split(".")[-1]}.{parameter.name}'
    setting = f'{selector}.{parameter.name}'
    hint = gin_types.declared(selector, parameter.name)
    wrong = [_NOTHING]
    kinds = {kind for kind, _ in numbers_in(hint)}
    if kinds:
      wrong += ['True', _INFINITE, f'-{_INFINITE}']
    if kinds and not takes(hint, collections.abc.Callable):
      wrong.append('@linear_epsilon')
    if kinds and not takes(hint, str):
      wrong += ["'1'", "('1',)"]
    if kinds == {int}:
      wrong += ['1.5', '1e30', '10000000000000000000000']
    if isinstance(parameter.default, bool):
      wrong += ["'True'", '1', '1.0', 'None']
    elif isinstance(parameter.default, str):
      wrong += ['7', 'True', '0.5']
    elif inspect.isroutine(parameter.default) or (
      parameter.name == 'network' and parameter.default is not None
    ):
      wrong += ['7', "'linear_epsilon'", 'None', '@linear_epsilon()']
    for value in wrong:
      line = refusal(f'{setting} = {value}')
      assert line.startswith(f'{name} is '), line
      assert ': it must be ' in line


def test_no_number_may_be_any_number():
  for selector, parameter in SETTINGS:
    if parameter.name in _UNBOUNDED:
      continue
    for _, ranges in numbers_in(gin_types.declared(selector, parameter.name)):
      assert ranges, f'{selector}.{parameter.name}'


def test_no_setting_takes_a_number_out_of_its_range():
  refused = 0
  for selector, parameter in SETTINGS:
    hint = gin_types.declared(selector, parameter.name)
    plain = isinstance(parameter.default, int | float) or not typing.get_args(
      hint
    )
    for kind, ranges in numbers_in(hint):
      for bound in ranges:
        outside = {
          bound.least - 1,
          bound.most + 1,
          *(x for x in (bound.above, bound.below)),
        }
        for value in outside:
          if not np.isfinite(value):
            continue
          value = kind(value)
          texts = [f'{value}', f'({value},)', f'(("a", {value}),)']
          for text in texts[: 1 if plain else 3]:
            line = refusal(f'{selector}.{parameter.name} = {text}')
            assert f'.{parameter.name} is ' in line
            refused += 1
  assert refused > 400


def test_every_default_is_what_its_setting_takes():
  check = gin_types.Check({})
  for selector, parameter in SETTINGS:
    hint = gin_types.declared(selector, parameter.name)
    default = parameter.default
    if default is parameter.empty or type(default) is object:
      continue  # Those of agents are their methods', which are here too.
    assert check.fits(default, hint), f'{selector}.{parameter.name}'


@pytest.mark.parametrize(
  ('binding', 'expected'),
  [
    ('Runner.num_iterations=1.0', 'a whole number of at least 0. Write 1.'),
    ('RunnerWithTeacher.teacher_steps=1e3', 'at least 0. Write 1000.'),
    ("JaxDQNAgent.gamma='0.9'", 'a number from 0 to 1. Write 0.9.'),
    ("Student.batch_size='32'", 'a whole number of at least 1. Write 32.'),
    ("QDaggerDQNAgent.distill_temperature='0.1'", 'above 0. Write 0.1.'),
    ("outer/QDagger.distill_temperature='0.1'", 'above 0. Write 0.1.'),
    ('JaxDQNAgent.update_period=0', 'a whole number of at least 1.'),
    ('RunnerWithTeacher.evaluation_episodes=0', 'of at least 1 or None.'),
    ('Student.learning_rate=-1e-4', 'a number of at least 0.'),
    ('create_optimizer.beta2=1', 'a number of at least 0 and below 1.'),
    ("Runner.clip_rewards='False'", 'True or False. Write False.'),
    ('Runner.clip_rewards=1', 'True or False. Write True.'),
    (
      'create_teacher.layers=@Layers',
      'what @Layers() makes or None. Write @Layers().',
    ),
    ('create_teacher.layers=@MLPDQNNetwork()', 'what @Layers() makes or None.'),
    (
      'JaxDQNAgent.network=@NatureDQNNetwork()',
      'a function or a class, written @NAME. Write @NatureDQNNetwork.',
    ),
    ("JaxDQNAgent.network='NatureDQNNetwork'", 'Write @NatureDQNNetwork.'),
    ('Student.learning_rate=@linear_epsilon', 'a number of at least 0.'),
    ('JaxDQNAgent.epsilon_fn=@linear_epsilon()', 'Write @linear_epsilon.'),
    ("JaxDQNAgent.loss_type='hubert'", "of 'mse', 'huber'. Write 'huber'."),
    ("create_game.kind='Atari'", "'gymnasium', 'minatar'. Write 'atari'."),
    ('JaxDQNAgent.observation_shape=84', 'of at least 1. Write (84,).'),
    ("JaxDQNAgent.observation_dtype='unit8'", "such as 'uint8'."),
    ('create_atari_environment.game_name=5', "text in quotes. Write '5'."),
    (
      'Layers.convolutions=(("a", 4), ("b", 0))',
      "whole number of at least 0 or 'SAME').",
    ),
    ('Layers.residual=(("a", "b"),)', 'in quotes).'),
    ('Layers.batch_norms=("hidden", "norm")', '(text in quotes, text in qu'),
    ('Layers.value_range=(0, 1e999)', 'a tuple (a number, a number) or None.'),
    ('Student.batch_size=1e999', 'of at least 1. It is not finite.'),
    ('Student.batch_size=9223372036854775808', 'It needs more than 64 bits.'),
  ],
)
def test_the_line_says_what_the_setting_takes(binding, expected):
  line = refusal(binding)
  setting, value = binding.split('=', 1)
  assert line.startswith(f'{setting} is ') and expected in line
  if '1e' not in value:
    assert value.replace('"', "'") in line


@pytest.mark.parametrize(
  ('binding', 'expected'),
  [
    (
      'create_atari_environment.game_name = Pong',
      "is Pong: it must be text in quotes. Write 'Pong'.",
    ),
    (
      'Runner.max_steps_per_episode=10**9',
      'is 10**9: it must be a whole number of at least 1. Write 1000000000.',
    ),
    ('JaxDQNAgent.gamma=99/100', 'from 0 to 1. Write 0.99.'),
    ('Runner.num_iterations=1,000', 'of at least 0. Write 1000.'),
    ('Runner.num_iterations=9**9**9', 'is 9**9**9: it must be a whole'),
    ('Runner.num_iterations=ten', 'is ten: it must be a whole number'),
    ('Runner.num_iterations=', 'is nothing: it must be a whole number'),
    ('Student.data_augmentation=true', 'True or False. Write True.'),
    ('create_game.kind=‘atari’', "Write 'atari'."),
    ('create_game.kind="atari', "Write 'atari'."),
    (
      'create_gymnasium_environment.game_name=CartPole-v1',
      "Write 'CartPole-v1'.",
    ),
    ('Layers.dense=(fc, head)', "Write ('fc', 'head')."),
    ('create_teacher.layers=Layers()', 'Write @Layers().'),
    (
      'JaxDQNAgent.epsilon_fn=schedules.linear_epsilon',
      'Write @schedules.linear_epsilon.',
    ),
    ('RATE=1/4', 'RATE is 1/4: it must be a number, True, False, None or text'),
    ('Runner.num_iterations=(1', 'close each bracket and each quote.'),
    ('Runner.num_iterations 1', 'write SETTING = VALUE'),
  ],
)
def test_how_to_write_what_gin_cannot_read(binding, expected):
  line = refusal(binding)
  assert expected in line and line.startswith((binding.split('=')[0], 'In '))


@pytest.mark.parametrize(
  'binding',
  [
    *('Student.final_learning_rate=None', 'QDagger.distill_temperature=1'),
    *('Layers.dense="head"', 'Layers.dense=["a", "head"]'),
    *('JaxDQNAgent.observation_shape=[84, 84]', 'JaxDQNAgent.gamma=0'),
    *('JaxDQNAgent.network=@NatureDQNNetwork', 'Runner.num_iterations=1_000'),
    *('create_teacher.layers=@outer/Layers()', 'JaxDQNAgent.seed=3'),
    'JaxDQNAgent.observation_dtype=%gym_lib.CARTPOLE_OBSERVATION_DTYPE',
    'JaxDQNAgent.observation_shape=%gym_lib.CARTPOLE_OBSERVATION_SHAPE',
    'Runner.max_steps_per_episode=1000000000',
  ],
)
def test_what_settings_take(binding):
  import dopamine.discrete_domains.gym_lib  # noqa: F401  (its constants)

  load(binding)


def test_a_macro_is_named_where_it_is_used():
  line = refusal('Student.learning_rate=%RATE', 'RATE=%OTHER', "OTHER='1e-4'")
  assert line.startswith("Student.learning_rate is %RATE, which is '1e-4': ")
  assert line.endswith('Write RATE = 0.0001.')
  within = refusal('Layers.dense=("a", %NAME)', 'NAME=5')
  assert within.startswith("Layers.dense is ('a', %NAME): it must be text")
  assert 'needs a value of its own' in refusal('Student.batch_size=%A', 'A=%A')
  line = refusal("UNUSED='anything'")
  assert line == 'The macro UNUSED is read by nothing in this run.'


def test_the_line_of_a_file_is_named(tmp_path):
  outer, inner = tmp_path / 'outer.gin', tmp_path / 'inner.gin'
  inner.write_text('# A comment.\nRunner:\n  num_iterations = 2**3  # Eight.\n')
  outer.write_text(f"include '{inner}'\n")
  with pytest.raises(UserError) as caught:
    factories.load_settings('dqn', [str(outer)], [])
  assert str(caught.value) == (
    f'In {inner}, line 3: num_iterations is 2**3: it must be a number, True, '
    'False, None or text in quotes. Write 8.'
  )


@pytest.fixture
def own():
  """A user's own functions, some without types."""
  with gin.config.interactive_mode():

    @gin.configurable(module='users_own')
    def rate(value='text'):
      if value == 'fail':
        raise RuntimeError('No\nrate.')
      return value

    @gin.configurable(module='users_own')
    def schedule(period: int, start=1, path: np.ndarray = None, *rest, **more):
      del period, start, path, rest, more


def test_what_a_function_gives_is_checked_and_not_recorded(own):
  line = refusal('Student.learning_rate=@rate()')
  assert line.startswith('Student.learning_rate is @rate(): it must be')
  load('Student.learning_rate=@rate()', 'rate.value=0.5')
  assert 'rate' not in gin.operative_config_str()
  line = refusal('Student.learning_rate=@rate()', 'rate.value="fail"')
  assert line.startswith('@rate() fails: ')


def test_a_users_own_function_is_checked_as_far_as_it_says(own):
  assert 'Write 3.' in refusal('schedule.period=3.0')
  load('schedule.start=0.5', 'schedule.path="file"', 'schedule.other=(1,)')
  load('schedule.path=None')


def test_every_shipped_recipe_passes():
  # `shipped_configs_test` loads those that are composed, and so their parts.
  parts = ('students/', 'methods/', 'games/')
  for name in sorted(shipped_configs.files()):
    if name in shipped_configs.composed() or name.startswith(parts):
      continue
    before = ['qdagger_dqn.gin'] if name == 'minatar/pvrl.gin' else []
    gin_parsing.load([*before, name], [], network_parameter='')


def test_an_argument_that_is_missing_is_named(own):
  line = refusal('rate.value=@schedule()')
  assert line == (
    'rate.value is @schedule(): schedule.period has no value; bind it, or '
    'write @schedule for schedule itself.'
  )
  load('rate.value=@schedule()', 'schedule.period=3')
  # The scope of whatever refers to it counts as well.
  load('rate.value=@schedule()', 'inner/schedule.period=3')


def test_advice_calls_nothing(own):
  with gin.config.interactive_mode():

    @gin.configurable(module='users_own')
    def costly():
      raise AssertionError('It was called.')

  for text in ('Student.batch_size = costly', 'Student.batch_size="costly"'):
    assert 'it must be a whole number of at least 1' in refusal(text)


def test_what_others_write_is_believed_as_far_as_they_do(own):
  with gin.config.interactive_mode():

    @gin.configurable(module='users_own')
    def tower(hidden: tuple[int] = (64, 64)):
      del hidden

    @gin.configurable(module='users_own')
    def lows():
      return np.zeros(3)

  load('tower.hidden = (32, 32, 32)')
  load('MLPDQNNetwork.min_vals = @lows()')
