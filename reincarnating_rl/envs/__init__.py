"""Seeded environments: one at a time for training, many for evaluation."""
