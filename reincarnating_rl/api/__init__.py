"""The Python API; `import reincarnating_rl` offers its names."""
