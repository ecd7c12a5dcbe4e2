"""Agents: the students, as extensions of Dopamine agents."""
