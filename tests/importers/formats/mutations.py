"""Random mutations of files."""

import hypothesis
from hypothesis import strategies as st

FUZZ = hypothesis.settings(
  max_examples=100,
  deadline=None,
  database=None,
  derandomize=True,
  suppress_health_check=list(hypothesis.HealthCheck),
)
_kinds = st.sampled_from(['set', 'cut', 'insert', 'repeat', 'truncate'])
edits = st.lists(
  st.tuples(_kinds, st.integers(0, 2**20), st.binary(min_size=1, max_size=4)),
  min_size=1,
  max_size=4,
)


def mutate(data, changes):
  for kind, position, piece in changes:
    at = position % (len(data) + 1)
    if kind == 'set':
      data = data[:at] + piece + data[at + len(piece) :]
    elif kind == 'cut':
      data = data[:at] + data[at + len(piece) :]
    elif kind == 'insert':
      data = data[:at] + piece + data[at:]
    elif kind == 'repeat':
      data = data[:at] + data[max(at - 20, 0) :]
    elif position % 4 == 0:
      data = data[:at]
  return data
