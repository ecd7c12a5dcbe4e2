"""The checksum of TensorFlow's files."""

import google_crc32c

_MASK_DELTA = 0xA282EAD8


def masked_crc32c(data: bytes) -> int:
  """Returns the CRC-32C of `data` as TensorFlow stores it.

  It is rotated and shifted, so that a checksum of data which themselves hold
  checksums is a good one.
  """
  crc = google_crc32c.value(data)
  rotated = (crc >> 15) | (crc << 17)
  return (rotated + _MASK_DELTA) & 0xFFFFFFFF
