"""Replay: frames stored once, n-step elements, segment-log persistence."""
