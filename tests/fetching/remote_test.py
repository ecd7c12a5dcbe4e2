import pytest

from reincarnating_rl.fetching.remote import Checksum, RemoteFile, is_complete

DATA = b'123456789'
# Of DATA: the check value e3069283 that catalogues give for crc32c; the others
# from md5sum, sha256sum and git hash-object.
RIGHT = [
  ('crc32c', '4waSgw=='),
  ('md5', 'JfnnlDI7RTiF9RgfG2JNCw=='),
  (
    'sha256',
    '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  ),
  ('git', 'e2e107ac61ac259b87c544f6e7a4eb03422c6c21'),
]


def remote(algorithm, digest):
  return RemoteFile('name', len(DATA), '1', algorithm, digest)


@pytest.mark.parametrize('algorithm, digest', RIGHT)
def test_checksums_of_pieces(algorithm, digest):
  checksum = Checksum(remote(algorithm, digest))
  checksum.update(DATA[:4])
  assert not checksum.is_right()
  checksum.update(DATA[4:])
  assert checksum.is_right()


@pytest.mark.parametrize('algorithm, digest', RIGHT)
def test_a_complete_file_matches_to_the_last_byte(tmp_path, algorithm, digest):
  path = tmp_path / 'file'
  offered = remote(algorithm, digest)
  assert not is_complete(str(path), offered)
  assert not is_complete(str(tmp_path), offered)
  for data, answer in ((DATA, True), (DATA[:-1], False), (b'223456789', False)):
    path.write_bytes(data)
    assert is_complete(str(path), offered) is answer
