import pytest

from reincarnating_rl.evaluation import markup
from reincarnating_rl.evaluation.markup import (
  element,
  join,
)


def test_an_element():
  inner = element('b', 'x')
  assert element('p', inner, ' & y', class_='a', id=None) == (
    '<p class="a"><b>x</b> &amp; y</p>'
  )
  assert (
    element('img', src='s', http_equiv='e') == '<img src="s" http-equiv="e">'
  )


@pytest.mark.parametrize(
  'text',
  ['<script>alert(1)</script>', '</style><b>', '"\'><img src=x>', '&lt;'],
)
def test_whatever_is_no_markup_is_escaped(text):
  for html in (
    element('p', text),
    join((text,)),
    markup.table([text], [[text]]),
    element('p', title=text),
  ):
    for mark in ('<script', '<img', '<b>', '</style'):
      assert mark not in html
  assert element('p', '&lt;') == '<p>&amp;lt;</p>'
  assert element('p', title='"') == '<p title="&quot;"></p>'


def test_text_cannot_turn_text_around():
  assert join(('a\u202eb\x00c\nd',)) == 'a\ufffdb\ufffdc\nd'


def test_numbers_are_justified_from_a_column_on():
  html = markup.table(['a', 'b'], [['x', 1]])
  assert '<td>x</td><td class="number">1</td>' in html
  assert '<th>a</th><th class="number">b</th>' in html
