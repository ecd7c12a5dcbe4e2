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


def test_a_table_keeps_the_variant_whose_teachers_score_1():
  teachers = study_file.read(study_file.find('teachers'))
  with pytest.raises(
    UserError, match='identity needs strong, .*: add it to --variants'
  ):
    part.of(teachers, variants='rainbow')
  chosen = part.of(teachers, variants='rainbow,strong', tables='identity')
  assert chosen.tables['identity'].scale_of == 'strong'


def test_names_that_differ_in_punctuation_alone_are_apart():
  names = ['lr 1e-4', 'lr 1e4', 'tau 1.0', 'tau 10']
  assert part.choose('variant', 'all', names) == names
  assert part.choose('variant', 'tau 1.0', names) == ['tau 1.0']
  with pytest.raises(
    UserError, match=r"variant 'tau-10' may be tau 1.0 or tau 10"
  ):
    part.choose('variant', 'tau-10', names)
