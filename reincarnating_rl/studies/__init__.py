"""The comparison of ways to reuse prior computation, on games of minutes."""
