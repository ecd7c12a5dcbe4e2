"""Replays and files written by other software or other runs, read as data."""
