"""The experiment: phases, checkpoints, metrics, factories."""

from reincarnating_rl.compat import dopamine_compat  # noqa: F401
