"""Replay: frames stored once, n-step returns, files on disk."""
