"""Files of gin that are none."""

import re

import pytest

from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import UserError


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('x = (1, 2', 'close each bracket and each quote'),
    ('x = """a\n', 'close each bracket and each quote'),
    ('x = ' + '(' * 3000 + ')' * 3000, 'In .*x.gin: '),
    ('x = 1 2' + '-' * 3000 + '1', r'x is 1 2-+\.\.\.: it must be a number'),
    ('x = ' + '-' * 99_000 + '1 2', 'In .*x.gin'),
    ('x = 1 \x1b', r'x is 1 \?: it must be a number'),
  ],
)
def test_what_is_no_gin_is_one_line(text, message, tmp_path):
  path = tmp_path / 'x.gin'
  path.write_text(text)
  for given in (([str(path)], []), ([], [text])):
    with pytest.raises(UserError) as info:
      gin_parsing.load(*given, network_parameter='x.network')
    assert str(info.value).isprintable()
    if given[0]:
      assert re.search(message, str(info.value))


@pytest.mark.parametrize(
  ('missing', 'package'),
  [('tensorflow', 'tensorflow-cpu'), ('my_networks', 'my_networks')],
)
def test_a_module_that_is_not_installed(missing, package, monkeypatch):
  def fail(name):
    raise ModuleNotFoundError(f'No module named {missing!r}', name=missing)

  monkeypatch.setattr(gin_parsing.gin, 'parse_config', fail)
  with pytest.raises(UserError) as info:
    gin_parsing.load([], ['import x'], network_parameter='x.network')
  assert str(info.value) == (
    f"In 'import x': No module named {missing!r}. Install {package}, or put "
    'it on PYTHONPATH.'
  )
