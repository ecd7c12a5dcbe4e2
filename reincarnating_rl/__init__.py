"""Reincarnating RL: reuse prior computation to train value-based agents.

Importing the package imports nothing else, so that the pure rooms (losses,
networks, replay, ...) stay usable without TensorFlow, Dopamine or gin.
"""

__version__ = '0.1.0'
