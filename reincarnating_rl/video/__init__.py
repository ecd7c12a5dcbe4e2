"""Videos of policies that play side by side."""
