"""The names of students: a method, and whose head it is to have."""

from reincarnating_rl.agents import (
  dqn,
  implicit_quantile,
  quantile,
  rainbow,
)

AGENTS = {
  'dqn': dqn.ReincarnatingDQNAgent,
  'qdagger_dqn': dqn.QDaggerDQNAgent,
  'kickstarting_dqn': dqn.KickstartingDQNAgent,
  'dagger_dqn': dqn.DaggerDQNAgent,
  'ql_dagger_dqn': dqn.QLDaggerDQNAgent,
  'pretrained_dqn': dqn.PretrainedDQNAgent,
  'dqfd_dqn': dqn.DQfDDQNAgent,
  'rehearsal_dqn': dqn.RehearsalDQNAgent,
  'jsrl_dqn': dqn.JSRLDQNAgent,
  'reloaded_dqn': dqn.ReloadedDQNAgent,
  'rainbow': rainbow.ReincarnatingRainbowAgent,
  'qdagger_rainbow': rainbow.QDaggerRainbowAgent,
  'kickstarting_rainbow': rainbow.KickstartingRainbowAgent,
  'dagger_rainbow': rainbow.DaggerRainbowAgent,
  'ql_dagger_rainbow': rainbow.QLDaggerRainbowAgent,
  'pretrained_rainbow': rainbow.PretrainedRainbowAgent,
  'dqfd_rainbow': rainbow.DQfDRainbowAgent,
  'rehearsal_rainbow': rainbow.RehearsalRainbowAgent,
  'jsrl_rainbow': rainbow.JSRLRainbowAgent,
  'reloaded_rainbow': rainbow.ReloadedRainbowAgent,
  'quantile': quantile.ReincarnatingQuantileAgent,
  'qdagger_quantile': quantile.QDaggerQuantileAgent,
  'reloaded_quantile': quantile.ReloadedQuantileAgent,
  'implicit_quantile': implicit_quantile.ReincarnatingImplicitQuantileAgent,
  'qdagger_implicit_quantile': implicit_quantile.QDaggerImplicitQuantileAgent,
  'reloaded_implicit_quantile': implicit_quantile.ReloadedImplicitQuantileAgent,
}
