"""Spreads a function of one seed over many seeds, and seeds over devices."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

_SEEDS = 'seeds'


class Spread:
  """So many seeds on these devices; every array of them is [N, ...].

  Attributes:
    number: N.
    mesh: the devices in use: as many as divide N.
  """

  def __init__(
    self,
    number: int,
    devices: Sequence[jax.Device] | None = None,
    *,
    side_by_side: bool | None = None,
  ) -> None:
    """Chooses the devices.

    Args:
      number: N, of seeds.
      devices: to choose from; all of JAX's by default.
      side_by_side: whether a device computes its seeds together; None: on all
        but a processor, whose caches they would leave together.
    """
    devices = jax.devices() if devices is None else devices
    used = max(d for d in range(1, len(devices) + 1) if number % d == 0)
    self.number = number
    if side_by_side is None:
      side_by_side = devices[0].platform != 'cpu'
    self._side_by_side = side_by_side
    self.mesh = Mesh(np.array(devices[:used]), (_SEEDS,))

  @property
  def num_devices(self) -> int:
    """Devices in use."""
    return self.mesh.size

  def program(self, function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles a function of one seed for all of them.

    The seeds of a device are computed side by side, or one after the other. No
    seed's numbers depend on how many others there are, up to rounding.

    Args:
      function: `(state, own, shared) -> (state, result)`: of one seed's state,
        of what else is its own, and of what all share.

    Returns:
      `(states, owns, shared) -> (states, results)`; the memory of the states
      is taken over.
    """

    def local(states: Any, owns: Any, shared: Any) -> Any:
      one = functools.partial(_call, function, shared)
      number = len(jax.tree.leaves(states)[0])
      if number == 1:  # Then branches stay branches.
        result = one(jax.tree.map(lambda x: x[0], (states, owns)))
        return jax.tree.map(lambda x: x[None], result)
      if self._side_by_side:
        return jax.vmap(one)((states, owns))
      return jax.lax.map(one, (states, owns))

    apart, together = PartitionSpec(_SEEDS), PartitionSpec()
    spread = jax.shard_map(
      local,
      mesh=self.mesh,
      in_specs=(apart, apart, together),
      out_specs=(apart, apart),
      check_vma=False,
    )
    return jax.jit(spread, donate_argnums=0)

  def put(self, trees: Sequence[Any]) -> Any:
    """Returns the trees of all seeds as one, each on its device."""
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *trees)
    return self.place(stacked)

  def place(self, stacked: Any) -> Any:
    """Returns arrays [N, ...], each seed's on its device."""
    apart = NamedSharding(self.mesh, PartitionSpec(_SEEDS))
    # A copy: programs take over memory, and on a CPU this may be NumPy's.
    return jax.tree.map(lambda x: jnp.copy(jax.device_put(x, apart)), stacked)

  def share(self, tree: Any) -> Any:
    """Returns arrays that all seeds read, on every device."""
    everywhere = NamedSharding(self.mesh, PartitionSpec())
    return jax.device_put(tree, everywhere)

  def take(self, stacked: Any) -> list[Any]:
    """Returns the trees of all seeds, on the host."""
    host = jax.device_get(stacked)
    return [jax.tree.map(lambda x, i=i: x[i], host) for i in range(self.number)]


def _call(function: Callable[..., Any], shared: Any, told: Any) -> Any:
  return function(*told, shared)
