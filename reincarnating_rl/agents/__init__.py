"""Agents: the students, as extensions of Dopamine agents."""

from reincarnating_rl import _dopamine_compat  # noqa: F401
