"""Helpers of all rooms: errors, files, interrupts, versions, workers."""
