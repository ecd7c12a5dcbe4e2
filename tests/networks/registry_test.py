"""The table of networks, and the document that shows it."""

import pathlib
import re

import pytest

from reincarnating_rl.networks import registry
from reincarnating_rl.networks.registry import NETWORKS

_ROW = re.compile(r'^\| `?(.*?)`? \| `(.+?)`( \(default\))? \| (.+) \|$', re.M)
DOCUMENT = pathlib.Path(__file__).parents[2] / 'docs' / 'networks.md'


def test_the_documents_table_is_this_one():
  text = DOCUMENT.read_text().partition('## Which one fits')[0]
  expected = [
    (
      network.kind or 'teachers',
      network.reference or name,
      ' (default)' * network.is_default,
      network.summary,
    )
    for name, network in NETWORKS.items()
  ]
  assert _ROW.findall(text) == expected


@pytest.mark.parametrize('name', NETWORKS)
def test_an_entry_is_found_by_the_name_of_its_class(name):
  network = NETWORKS[name]
  assert network.name == network.module.__name__ == name


def test_every_kind_has_one_default():
  kinds = [n.kind for n in NETWORKS.values() if n.is_default]
  assert sorted(kinds) == sorted({n.kind for n in NETWORKS.values() if n.kind})
  assert registry.default('ppo').__name__ == 'NaturePolicyNetwork'
  with pytest.raises(KeyError):
    registry.default('td3')
