"""Mutated files for every reader of a user's file."""
