"""Runs as repositories of the Hugging Face hub."""
