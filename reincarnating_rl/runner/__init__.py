"""The experiment: phases, checkpoints, metrics, factories."""

from reincarnating_rl import _dopamine_compat  # noqa: F401
