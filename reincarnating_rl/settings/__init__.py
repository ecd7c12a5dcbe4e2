"""Settings: gin files, their errors, and the names that gin knows."""
