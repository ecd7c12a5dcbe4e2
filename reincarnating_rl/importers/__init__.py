"""Replays and files that others left, read as data."""
