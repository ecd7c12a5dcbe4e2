"""Agents: the students, as extensions of Dopamine agents."""

from reincarnating_rl.compat import dopamine_compat  # noqa: F401
