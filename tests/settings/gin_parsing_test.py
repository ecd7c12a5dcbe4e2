"""Files of gin that are none."""

import pytest

from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import UserError


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('x = (1, 2', 'EOF in multi-line statement that ends in line 2; close its'),
    ('x = """a\n', 'EOF in multi-line string that ends in line 1; close its'),
    ('x = ' + '(' * 3000 + ')' * 3000, 'In .*x.gin: '),
    ('x = 1 2', 'In .*x.gin: '),
  ],
)
def test_what_is_no_gin_is_one_line(text, message, tmp_path):
  path = tmp_path / 'x.gin'
  path.write_text(text)
  for given in (([str(path)], []), ([], [text])):
    with pytest.raises(UserError, match=message if given[0] else 'In ') as info:
      gin_parsing.load(*given, network_parameter='x.network')
    assert '\n' not in str(info.value).removeprefix(f'In {text!r}')
