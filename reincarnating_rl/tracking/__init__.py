"""Runs in trackers of experiments: Weights & Biases, MLflow, Trackio."""
