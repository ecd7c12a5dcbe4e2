"""The table of methods: what a student takes from its teacher, and how.

A `Method` is data. An agent is a method and a student (`students/`), and any
two of them go together: `--agent METHOD_STUDENT`. To add a method, add an entry
here, its settings to `settings.py`, and its terms to `objectives.py`. One that
makes no sense of vectors says so (`actions`).
"""

from reincarnating_rl.learner.kinds import DISCRETE
from reincarnating_rl.methods import objectives
from reincarnating_rl.methods.method import Method, Offline
from reincarnating_rl.methods.settings import (
  DQfDSettings,
  JSRLSettings,
  PretrainedSettings,
  QDaggerSettings,
  RehearsalSettings,
  ReloadedSettings,
  WarmStartSettings,
)

_QDAGGER = {
  'settings': QDaggerSettings,
  'gin_name': 'QDagger',
  'terms': objectives.own_and_distillation,
  'temperature': lambda settings: settings.distill_temperature,
  'schedule': None,
  'weaning': objectives.until_decay(
    'distill_decay_period',
    latch='distill_latch',
    floor='distill_floor',
    recall_below='distill_recall_below',
    evaluations='distill_evaluations',
  ),
}
_NEVER_WEANED = _QDAGGER | {
  'schedule': 'constant',
  'weaning': objectives.no_weaning,
}
_ALL = (
  Method(
    name='qdagger',
    title='QDagger',
    class_name='QDagger',
    summary="its data offline, its policy until the student's score is as good",
    source='Agarwal et al. 2022, section 4.2',
    offline=Offline.USUALLY,
    **_QDAGGER,
  ),
  Method(
    name='kickstarting',
    title='Kickstarting',
    class_name='Kickstarting',
    summary='its policy online, as QDagger does',
    source='Schmitt et al. 2018, https://arxiv.org/abs/1803.03835',
    **_QDAGGER,
  ),
  Method(
    name='ql_dagger',
    title='QL + Dagger',
    class_name='QLDagger',
    summary='as QDagger, and never lets go',
    source='Agarwal et al. 2022, ablations',
    offline=Offline.USUALLY,
    **_NEVER_WEANED,
  ),
  Method(
    name='dagger',
    title='Dagger',
    class_name='Dagger',
    summary='its policy, and nothing from rewards',
    source='Ross et al. 2011, https://arxiv.org/abs/1011.0686',
    offline=Offline.USUALLY,
    **_NEVER_WEANED | {'terms': objectives.distillation_alone},
  ),
  Method(
    name='dqfd',
    title='DQfD',
    class_name='DQfD',
    summary='its data offline, its best discrete actions by a margin',
    source='Hester et al. 2018, https://arxiv.org/abs/1704.03732',
    settings=DQfDSettings,
    gin_name='DQfD',
    terms=objectives.own_and_margin,
    schedule=None,
    weaning=objectives.until_decay('margin_decay_period'),
    second_horizon=lambda settings: settings.second_update_horizon,
    actions=(DISCRETE,),
    offline=Offline.USUALLY,
    takes_data_alone=True,
  ),
  Method(
    name='pretrained',
    title='Pretraining',
    class_name='Pretrained',
    summary='its data offline, with conservative Q-learning',
    source='Agarwal et al. 2022, section 4; Kumar et al. 2020',
    settings=PretrainedSettings,
    gin_name='Pretrained',
    terms=objectives.own_and_regularizer,
    temperature=lambda settings: settings.cql_temperature,
    schedule='offline_only',
    offline=Offline.ALWAYS,
    takes_data_alone=True,
    resets_optimizer=True,
  ),
  Method(
    name='rehearsal',
    title='Rehearsal',
    class_name='Rehearsal',
    summary='its data, a part of each online batch',
    source='Agarwal et al. 2022, section 4.1; Ball et al. 2023',
    settings=RehearsalSettings,
    gin_name='Rehearsal',
    offline=Offline.OPTIONAL,
    takes_data_alone=True,
    teacher_data_ratio=lambda settings: settings.teacher_data_ratio,
    exact_share=lambda settings: settings.exact_share,
  ),
  Method(
    name='jsrl',
    title='JSRL',
    class_name='JSRL',
    summary='the first steps of each episode, ever fewer',
    source='Uchendu et al. 2022, https://arxiv.org/abs/2204.02372',
    settings=JSRLSettings,
    gin_name='JSRL',
    rolls_in=True,
  ),
  Method(
    name='reloaded',
    title='Fine-tuning',
    class_name='Reloaded',
    summary='its parameters, optimiser and replay',
    source='Agarwal et al. 2022, section 5',
    settings=ReloadedSettings,
    gin_name='Reloaded',
    starts_from_teacher=True,
  ),
  Method(
    name='warm_start',
    title='Warm start',
    class_name='WarmStart',
    summary='its parameters and optimiser; its policy fills the replay first',
    source='Zhou et al. 2024, https://arxiv.org/abs/2412.07762',
    settings=WarmStartSettings,
    gin_name='WarmStart',
    warm_up_steps=lambda settings: settings.warm_up_steps,
    starts_from_teacher=True,
  ),
  Method(
    name='',
    title='tabula rasa',
    class_name='Reincarnating',
    summary='nothing: the baseline, and how the next teacher is made',
    source='Mnih et al. 2015 and others',
    needs_teacher=False,
    takes_data_alone=True,
  ),
)
METHODS: dict[str, Method] = {method.name: method for method in _ALL}
