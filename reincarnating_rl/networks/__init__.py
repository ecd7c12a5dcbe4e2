"""Flax networks for one unbatched state each; callers vmap them."""
