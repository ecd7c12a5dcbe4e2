import itertools

from reincarnating_rl.fleet import pace


def test_parts_are_all_steps_with_an_update_in_each_period():
  for time, steps, period in itertools.product(
    range(9), (0, 1, 2, 7, 8, 2003), (1, 2, 4)
  ):
    at, updates = time, []
    for part in pace.parts(time, steps, period):
      assert 0 < part.blocks <= pace.MOST_BLOCKS
      if part.updates:
        updates += [at + k * part.steps for k in range(part.blocks)]
      at += part.total
    assert at == time + steps
    assert updates == [t for t in range(time, at) if t % period == 0]
