"""Files of torch.save, with files written by PyTorch as the oracle."""

import os
import pathlib
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.importers.formats import torch_file
from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.support.errors import (
  DamagedFileError,
  UnsafeFileError,
  UserError,
)
from tests.fuzzing import fuzz
from tests.importers.formats import mutations, torch_files
from tests.importers.formats.torch_files import (
  archive,
  name,
  push,
  storage,
  tensor,
)

_FIXTURES = pathlib.Path(__file__).parents[2] / 'fixtures' / 'foreign'
_FOUR = np.arange(4, dtype=np.float32).tobytes()


def _loads(pickled, storages=None, **members):
  storages = {'0': _FOUR} if storages is None else storages
  return torch_file.loads(archive(pickled, storages, **members), 'dir/x.pt')


def test_tensors_are_those_of_pytorch():
  found = torch_file.loads((_FIXTURES / 'tensors.pt').read_bytes(), 'x.pt')
  with np.load(_FIXTURES / 'expected.npz') as expected:
    assert len(found) == 10
    for key, array in found.items():
      wanted = expected[f'tensors_{key}']
      wanted = wanted.astype('u1') if key == 'bool' else wanted
      np.testing.assert_array_equal(array, wanted, strict=True)
      assert not array.flags.writeable


def test_checkpoints_of_training_scripts():
  found = torch_file.loads((_FIXTURES / 'wrapped.pt').read_bytes(), 'x.pt')
  assert found['epoch'] == 3 and found['optim']['param_groups'][0]['lr'] == 1e-3
  assert found['model_state_dict']['module.head.weight'].shape == (6, 9)


@pytest.mark.parametrize(
  ('file', 'fix'),
  [
    ('whole_model.pt', r'holds a whole torch\.nn.*\(model\.state_dict\(\), pa'),
    ('torchscript.pt', r'torch\.jit\.load\(path\)\.state_dict\(\), other_path'),
    ('legacy.pt', r'up to 1\.5.*torch\.save\(torch\.load\(path\), path\)'),
  ],
)
def test_other_files_of_pytorch_give_an_error_with_the_fix(file, fix):
  data = (_FIXTURES / file).read_bytes()
  assert torch_file.is_torch_file(data)
  with pytest.raises(DamagedFileError, match=fix) as error:
    torch_file.loads(data, file)
  assert str(error.value).startswith(f'{file} ') and '\n' not in str(
    error.value
  )


def test_byte_order():
  assert list(_loads(tensor(), byteorder=b'little')) == [0, 1, 2, 3]
  with pytest.raises(DamagedFileError, match='big-endian machine'):
    _loads(tensor(), byteorder=b'big')


@pytest.mark.parametrize(
  'pickled',
  [
    torch_files.call(name('posix', 'system'), push('touch PWNED')),
    torch_files.call(name('builtins', 'eval'), push('1')),
    torch_files.call(name('__main__', 'Net')),
    torch_files.call(name('torch', 'serialization.os.system'), push('x')),
    b'Pstorage\n',
  ],
)
def test_nothing_is_called(pickled, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(UnsafeFileError, match='asks for .*state_dict') as error:
    _loads(pickled)
  assert not os.listdir(tmp_path) and '\n' not in str(error.value)


def test_names_of_pytorch_stay_inert():
  value = _loads(
    b'(' + torch_files.call(name('torch.hub', 'load'), push('a')) + b't'
  )
  assert isinstance(value[0], Placeholder)


_HUGE = 10**12
_DAMAGED = {
  'beyond the end': tensor(offset=1),
  'a negative offset': tensor(offset=-1),
  'a negative stride': tensor(offset=3, stride=(-1,)),
  'a stride beyond': tensor(size=(2,), stride=(4,)),
  'an immense stride': tensor(size=(2,), stride=(2**62,)),
  'expanded': tensor(size=(_HUGE,), stride=(0,)),
  'expanded in two': tensor(size=(4, 2), stride=(1, 0)),
  'immense and empty': tensor(size=(2**62, 2**62, 0), stride=(1, 1, 1)),
  'many axes': tensor(size=(1,) * 9, stride=(1,) * 9),
  'sides that are no numbers': tensor(size=('a',), stride=(1,)),
  'sides that are floats': tensor(size=(4.0,)),
  'a size that is a number': tensor(size=4),
  'more sides than strides': tensor(size=(2, 2)),
  'a claim of more': tensor(storage(count=_HUGE), size=(_HUGE,)),
  'a claim of less': tensor(storage(count=2), size=(2,)),
  'of doubles': tensor(storage('DoubleStorage')),
  'of nothing known': tensor(storage('QInt8Storage')),
  'no such storage': tensor(storage(key='1')),
  'a key that is a path': tensor(storage(key='../version')),
  'a key that is a number': tensor(storage(key=0)),
  'no storage': tensor(storage(tag='module')),
  'one storage of two types': b'('
  + tensor()
  + tensor(storage('IntStorage'))
  + b't',
  'a persistent number': push(7) + b'Q',
  'a called storage': torch_files.call(storage(), push(1)),
  'a tensor of text': tensor(push('text')),
  'a parameter of text': torch_files.call(
    name('torch._utils', '_rebuild_parameter'), push('x'), b'\x88', b'}'
  ),
}


@pytest.mark.parametrize('what', _DAMAGED)
def test_impossible_tensors_cost_an_error_and_no_memory(what):
  data = archive(_DAMAGED[what], {'0': _FOUR})
  tracemalloc.start()
  try:
    with pytest.raises(DamagedFileError) as error:
      torch_file.loads(data, 'dir/x.pt')
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
  finally:
    tracemalloc.stop()
  assert str(error.value).startswith('dir/x.pt ')
  assert '\n' not in str(error.value) and len(str(error.value)) < 300


def test_repeated_tensors_cost_no_memory():
  """Each covers a storage of 400 KB; copies would take 40 MB."""
  whole = tensor(storage(count=100_000), size=(100_000,))
  tracemalloc.start()
  try:
    found = _loads(b'(' + whole * 100 + b'l', {'0': bytes(400_000)})
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
  finally:
    tracemalloc.stop()
  assert len(found) == 100


def test_other_zip_files_are_reported():
  data = torch_files.zipped({'a/data.pkl': pickle.dumps(1)})
  with pytest.raises(DamagedFileError, match=r'not of torch\.save'):
    torch_file.loads(data, 'x.zip')


def _must_be_a_value_or_a_typed_error(data):
  try:
    torch_file.loads(data, 'x.pt')
  except UserError as error:
    assert '\n' not in str(error)


@fuzz(st.binary(max_size=200))
def test_random_bytes(data):
  _must_be_a_value_or_a_typed_error(data)
  _must_be_a_value_or_a_typed_error(b'PK\x03\x04' + data)


@pytest.mark.parametrize('file', ['tensors.pt', 'wrapped.pt'])
@fuzz(edits=mutations.edits)
def test_mutated_files(file, edits):
  data = (_FIXTURES / file).read_bytes()
  _must_be_a_value_or_a_typed_error(mutations.mutate(data, edits))


@pytest.mark.parametrize('file', ['tensors.pt', 'wrapped.pt'])
@fuzz(edits=mutations.edits)
def test_mutated_pickles_with_right_checksums(file, edits):
  members = torch_files.unzipped((_FIXTURES / file).read_bytes())
  path = next(path for path in members if path.endswith('/data.pkl'))
  members[path] = mutations.mutate(members[path], edits)
  _must_be_a_value_or_a_typed_error(torch_files.zipped(members))
