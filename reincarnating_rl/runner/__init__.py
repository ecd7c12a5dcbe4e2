"""The experiment: phases, checkpoints, metrics, factories."""
