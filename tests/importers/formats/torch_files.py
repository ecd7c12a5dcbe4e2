"""Writes files of torch.save's format, well-formed or not, without PyTorch."""

import io
import pickle
import zipfile


def push(value):
  """Instructions that push plain data."""
  return pickle.dumps(value, 2)[2:-1]


def name(module, attribute):
  return f'c{module}\n{attribute}\n'.encode()


def call(function, *arguments):
  """Instructions that push `function(*arguments)`; all are instructions."""
  return function + b'(' + b''.join(arguments) + b'tR'


def storage(kind='FloatStorage', key='0', count=4, tag='storage'):
  pid = push(tag) + name('torch', kind) + push(key) + push('cpu') + push(count)
  return b'(' + pid + b'tQ'


def tensor(of=None, offset=0, size=(4,), stride=(1,)):
  rebuild = name('torch._utils', '_rebuild_tensor_v2')
  numbers = (push(value) for value in (offset, size, stride))
  return call(rebuild, of or storage(), *numbers, b'\x89', b'}')


def archive(pickled, storages, root='archive', **members):
  """A whole file.

  Args:
    pickled: instructions that push its value.
    storages: what each holds, by key.
    root: the folder in it.
    **members: others by name.
  """
  files = {'data.pkl': b'\x80\x02' + pickled + b'.', 'version': b'3\n'}
  files |= {f'data/{key}': data for key, data in storages.items()} | members
  return zipped({f'{root}/{path}': data for path, data in files.items()})


def zipped(members, compression=zipfile.ZIP_STORED):
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w', compression) as file:
    for path, data in members.items():
      file.writestr(path, data)
  return buffer.getvalue()


def unzipped(data):
  with zipfile.ZipFile(io.BytesIO(data)) as file:
    return {path: file.read(path) for path in file.namelist()}
