import pytest

from reincarnating_rl.fetching import names
from reincarnating_rl.fetching.errors import UnsafeNameError


def test_names_of_dopamine_and_the_hub():
  names.check(
    [
      *('checkpoints/ckpt.399', 'checkpoints/sentinel_checkpoint_complete.399'),
      *('replay_logs/$store$_action_ckpt.399.gz', 'ckpt.3', 'ckpt.39'),
      *('README.md', 'dqn_atari_jax.cleanrl_model', 'a..b/c d', 'Käse', '…'),
      'x' * 241,
    ]
  )


@pytest.mark.parametrize(
  'name',
  [
    *('', '/', '/etc/passwd', '..', '../x', 'a/../../x', 'a/..', './x', 'a//b'),
    *('a/', 'a\\b', '..\\x', 'C:\\x', 'a\0', 'a\nb', 'a\x1b[2J', 'a\u202eb'),
    *('\ud800', 'ckpt.1.part', 'ckpt.1.PART', 'ckpt.1.part.json', 'a.part/b'),
    *('ckpt.1.part.json.tmp', 'x' * 242, 'ä' * 121),
  ],
)
def test_names_that_lead_out_of_the_folder(name):
  with pytest.raises(UnsafeNameError, match='nothing was fetched') as caught:
    names.check(['fine', name])
  assert str(caught.value).isprintable()


@pytest.mark.parametrize(
  'one, other',
  [
    ('ckpt.1', 'CKPT.1'),
    ('a/ckpt.1', 'A/ckpt.1'),
    ('Käse', 'Ka\u0308se'),
    ('straße', 'STRASSE'),
    ('a', 'a/b'),
    ('a', 'A/b/c'),
  ],
)
def test_two_names_of_one_file(one, other):
  for pair in ([one, other], [other, one]):
    with pytest.raises(UnsafeNameError, match='overwrite each other'):
      names.check(['first', *pair])
