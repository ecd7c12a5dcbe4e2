"""The commands of `python -m reincarnating_rl.balloon`."""
