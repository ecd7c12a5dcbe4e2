"""Functions that a user gives, which JAX traces."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.types import Array


def tried(function: Callable[[Array], Array], example: Array) -> Array:
  """Calls a function once, and traces it as it is traced in use.

  Args:
    function: of one state, or of what is said of one.
    example: what it takes.

  Returns:
    What it makes of the example.

  Raises:
    Exception: whatever the function raises, or it makes no array of finite
      numbers.
  """
  made = jnp.asarray(function(example))
  if made.ndim == 0 or not jnp.isfinite(made).all():
    raise ValueError(f'it makes {made.shape} of {made.dtype}, not all finite')
  batch = jax.ShapeDtypeStruct((1, *example.shape), example.dtype)
  jax.eval_shape(jax.vmap(function), batch)
  return made
