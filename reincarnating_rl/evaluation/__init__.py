"""Normalised scores, their aggregates over runs, and reports."""
