"""Loss functions of one example each; callers vmap them."""
