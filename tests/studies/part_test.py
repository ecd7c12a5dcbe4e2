"""Parts of a study, by the names that users write."""

import pytest

from reincarnating_rl.studies import part, study_file
from reincarnating_rl.support.errors import UserError

PAPER = study_file.read(study_file.find('paper'))


@pytest.mark.parametrize(
  ('names', 'chosen'),
  [
    ('jsrl,QDAGGER', ['QDagger', 'JSRL']),
    ('tabula-rasa', ['Tabula rasa']),
    ('QDagger,qdagger', ['QDagger']),
    ('all', list(PAPER.variants)),
  ],
)
def test_names_are_found_however_they_are_written(names, chosen):
  assert part.choose('variant', names, PAPER.variants) == chosen


def test_an_unknown_name_is_an_error_with_the_nearest():
  with pytest.raises(UserError, match="'qdager'.*Did you mean QDagger"):
    part.choose('variant', 'qdager', PAPER.variants)
