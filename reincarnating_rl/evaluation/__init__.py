"""Scores: normalisation and reports."""
