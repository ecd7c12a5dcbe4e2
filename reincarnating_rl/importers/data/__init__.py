"""Data of other tools, without a policy: arrays of steps, in several files."""
