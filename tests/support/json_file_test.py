"""JSON that every reader takes."""

import ast
import json
import math
import pathlib

import numpy as np
import pytest

import reincarnating_rl
from reincarnating_rl.support import files, json_file

PACKAGE = pathlib.Path(reincarnating_rl.__file__).parent


def refuse(name):
  raise AssertionError(f'{name} is not JSON')


@pytest.mark.parametrize(
  'value', [math.nan, math.inf, -math.inf, np.float64(np.nan)]
)
def test_null_stands_for_what_json_has_not(value):
  told = {'a': [1.5, value, {'b': (value, True, None, 'nan')}], value: 2}
  read = json.loads(json_file.dumps(told, indent=1), parse_constant=refuse)
  assert read['a'] == [1.5, None, {'b': [None, True, None, 'nan']}]


def test_all_else_is_as_json_writes_it():
  told = {'a': [1, 0.1, 'é', None], 'b': {}}
  for layout in ({}, {'indent': 2}, {'separators': (',', ':')}):
    assert json_file.dumps(told, **layout) == json.dumps(told, **layout)


def test_a_file_that_cannot_be_written(tmp_path):
  json_file.write(tmp_path / 'a', {'b': math.nan}, 'choose another')
  assert json_file.read_json(tmp_path / 'a') == {'b': None}
  with pytest.raises(files.UnwritableError, match='/no/a cannot be written'):
    json_file.write(tmp_path / 'no' / 'a', {}, 'choose another')


def test_nothing_else_of_the_package_writes_json():
  for path in PACKAGE.rglob('*.py'):
    if path.name == 'json_file.py':
      continue
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
      is_dump = isinstance(node, ast.Attribute) and node.attr.startswith('dump')
      assert not (
        is_dump and isinstance(node.value, ast.Name) and node.value.id == 'json'
      ), f'{path}:{node.lineno} writes JSON: use json_file.dumps'
