"""Old packages, made importable."""
