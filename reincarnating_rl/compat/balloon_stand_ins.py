"""What the Balloon Learning Environment takes from libraries that lost it."""

from typing import Any


class LinearTable:
  """A table as SciPy's `interp2d` read it, which was removed in SciPy 1.14.

  Bilinear by the same FITPACK routines; beyond the grid the nearest value on
  its edge.
  """

  def __init__(
    self, x: Any, y: Any, z: Any, *, fill_value: None = None
  ) -> None:
    """Takes `z[len(y), len(x)]`, flat or not, on increasing `x` and `y`."""
    del fill_value  # The nearest value, which is what the spline does.
    import numpy as np
    from scipy.interpolate import RectBivariateSpline

    values = np.asarray(z).reshape(len(y), len(x)).T
    self._spline = RectBivariateSpline(x, y, values, kx=1, ky=1, s=0)

  def __call__(self, x: float, y: float) -> Any:
    """Returns the value at one point, as an array without axes.

    `interp2d` gave an array of one value, which NumPy is ceasing to convert to
    a number.
    """
    return self._spline(x, y, grid=False)


class LogitNormal:
  """The one distribution that is drawn from TensorFlow Probability.

  That library imports TensorFlow, for seconds, and does not import with
  current JAX as published. A package that draws by JAX would retire it.
  """

  def __init__(self, loc: float, scale: float) -> None:
    """Of the sigmoid of a normal variable with that mean and deviation."""
    self._loc, self._scale = loc, scale

  def sample(self, *, seed: Any) -> Any:
    """Draws what TensorFlow Probability draws, bit for bit."""
    import jax

    # Of shape [1], as there: compiled as a vector, the last bit may differ.
    normal = jax.random.normal(seed, (1,))
    return jax.nn.sigmoid(normal * self._scale + self._loc)[0]
