"""Mutations of files that reach the parser of what is in them.

A zip file is packed anew with the right checksums, gzip and zstd are compressed
anew, and JSON stays JSON, as does a pickle in its text.
"""

import base64
import binascii
import gzip
import json
import re
import zipfile

import cramjam

from reincarnating_rl.importers.formats import sorted_table
from tests.importers.formats import bundles, torch_files

_GZIP, _ZSTD, _ZIP = b'\x1f\x8b', b'\x28\xb5\x2f\xfd', b'PK\x03\x04'
_NUMBER = re.compile(rb'-?\d+')
_EXTREMES = (-1, 0, 1, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
_EXTREMES += (2**40, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1, 10**30)
_VALUES = (None, True, 0, -1, 1e308, 2**31, 2**63, 10**30, 'x', '', [], {})
_VALUES += (float('nan'), float('inf'), '../x', '\n\x1b[2J', [[0]], 0.5, 1)
_ZEROS = bytes(2**20)
_MAX_SIZE = 2**20  # Bytes; repeated pieces double a file.


def mutate(data, rng):
  """Returns a mutated file.

  Args:
    data: of the file, or of a part of it.
    rng: `random.Random`.
  """
  for begins, change in _CONTAINERS.items():
    if data.startswith(begins) and rng.random() < 0.7:
      return change(data, rng)
  if data.endswith(bundles.MAGIC[::-1]) and rng.random() < 0.7:
    return _table(data, rng)
  if data[:1] in (b'{', b'[') and rng.random() < 0.7:
    lines = data.splitlines(keepends=True) if b'}\n{' in data else [data]
    index = rng.randrange(len(lines))
    lines[index] = _json(lines[index], rng)
    return b'\n'.join(line.rstrip(b'\n') for line in lines) + b'\n'
  for _ in range(rng.choice((1, 1, 2, 4))):
    data = rng.choice(_EDITS)(data, rng)[:_MAX_SIZE]
  return data


def _zip(data, rng):
  members = torch_files.unzipped(data)
  name = rng.choice(list(members))
  kind = rng.randrange(20)
  if kind == 0:
    del members[name]
  elif kind == 1:
    members[rng.choice(('../x', '/x', 'x\x00y', f'{name}/', 'data.pkl'))] = b''
  elif kind == 2:
    members[name] = members[rng.choice(list(members))]
  elif kind == 3:
    members[name] = _ZEROS
  else:
    members[name] = mutate(members[name], rng)
  is_bomb = kind == 3 or rng.random() < 0.05
  packing = zipfile.ZIP_DEFLATED if is_bomb else zipfile.ZIP_STORED
  packed = torch_files.zipped(members, packing)
  return _overwrite(packed, rng) if rng.random() < 0.05 else packed


def _gzip(data, rng):
  if rng.random() < 0.02:  # A gibibyte, of a million bytes.
    return data + gzip.compress(_ZEROS) * 1024
  return gzip.compress(mutate(gzip.decompress(data), rng), 1, mtime=0)


def _zstd(data, rng):
  inner = bytes(cramjam.zstd.decompress(data))
  inner = inner + _ZEROS * 64 if rng.random() < 0.02 else mutate(inner, rng)
  return bytes(cramjam.zstd.compress(inner, level=1))


def _table(data, rng):
  """An index of TensorFlow, with the right checksums."""
  items = list(sorted_table.entries(data))
  index = rng.randrange(len(items))
  key, value = items[index]
  kind = rng.randrange(10)
  if kind == 0:
    del items[index]
  elif kind == 1:
    items *= 2
  elif kind == 2:
    items[index] = mutate(key, rng)[:900], value
  else:
    items[index] = key, mutate(value, rng)
  return bundles.table(bundles.block(items))


def _json(data, rng):
  try:
    value = json.loads(data)
    holder, key = rng.choice(list(_places(value)))
  except (ValueError, IndexError):  # It only begins like JSON, or is empty.
    return _overwrite(data, rng)
  kind, inner = rng.randrange(8), holder[key]
  if kind == 0:
    del holder[key]
  elif kind == 1 and isinstance(holder, list):
    holder *= rng.choice((2, 1000))
  elif kind == 2:
    other, name = rng.choice(list(_places(value)))
    holder[key] = json.loads(json.dumps(other[name]))
  elif kind == 3:
    for _ in range(rng.choice((10, 200, 20_000))):
      inner = [inner]
    holder[key] = inner
    if _depth(inner) > 400:  # What `json` itself cannot write.
      return b'{"a": ' + b'[' * 20_000 + b']' * 20_000 + b'}'
  elif kind < 6 and isinstance(inner, str):
    holder[key] = _text(inner, rng)
  else:
    holder[key] = rng.choice(_VALUES)
  return json.dumps(value).encode()


def _depth(value):
  depth = 0
  while isinstance(value, list) and value:
    value, depth = value[0], depth + 1
  return depth


def _text(text, rng):
  """Mutates text, or what it is the base 64 of."""
  try:
    inner = base64.b64decode(text, validate=True)
  except (ValueError, binascii.Error):
    inner = b''
  if len(inner) > 20:
    return base64.b64encode(mutate(inner, rng)).decode()
  return mutate(text.encode(), rng).decode('utf-8', 'replace')


def _places(value):
  pairs = value.items() if isinstance(value, dict) else enumerate(value)
  for key, inner in list(pairs):
    yield value, key
    if isinstance(inner, dict | list):
      yield from _places(inner)


def _flip(data, rng):
  if not data:
    return data
  at = rng.randrange(len(data))
  return _put(data, at, bytes([data[at] ^ 1 << rng.randrange(8)]))


def _overwrite(data, rng):
  return _put(
    data, rng.randrange(len(data) + 1), rng.randbytes(rng.randint(1, 4))
  )


def _extreme(data, rng):
  """Inflates what may be a size."""
  size = rng.choice((1, 2, 4, 8))
  number = rng.choice(_EXTREMES) % 2 ** (8 * size)
  order = rng.choice(('little', 'big'))
  at = rng.randrange(min(len(data), rng.choice((16, 2**20))) + 1)
  return _put(data, at, number.to_bytes(size, order))


def _digits(data, rng):
  """Replaces a number that is written as text."""
  found = list(_NUMBER.finditer(data[: 2**16]))
  if not found:
    return _extreme(data, rng)
  match = rng.choice(found)
  number = str(rng.choice(_EXTREMES)).encode()
  return data[: match.start()] + number + data[match.end() :]


def _cut(data, rng):
  start, stop = _span(data, rng)
  return data[:start] + data[stop:]


def _repeat(data, rng):
  start, stop = _span(data, rng)
  piece = data[start:stop] * rng.choice((1, 1, 10, 1000))
  return data[:start] + piece[:_MAX_SIZE] + data[start:]


def _move(data, rng):
  start, stop = _span(data, rng)
  return _put(data, rng.randrange(len(data) + 1), data[start:stop])


def _truncate(data, rng):
  return data[: rng.randrange(len(data) + 1)]


def _span(data, rng):
  start = rng.randrange(len(data) + 1)
  return start, min(start + rng.choice((1, 2, 8, 64, 1024)), len(data))


def _put(data, at, piece):
  return data[:at] + piece + data[at + len(piece) :]


_EDITS = (_flip, _flip, _overwrite, _extreme, _extreme, _digits, _cut, _repeat)
_EDITS += (_move, _truncate)
_CONTAINERS = {_ZIP: _zip, _GZIP: _gzip, _ZSTD: _zstd}
