"""How many cores a process may use."""

import os

from reincarnating_rl.support import cores


def test_a_process_may_be_kept_to_some(monkeypatch):
  monkeypatch.setattr(
    os, 'sched_getaffinity', lambda _: {0, 3, 5}, raising=False
  )
  assert cores.usable() == 3


def test_a_system_that_keeps_no_process_to_a_core(monkeypatch):
  monkeypatch.delattr(os, 'sched_getaffinity', raising=False)
  for told, usable in ((7, 7), (None, 1)):
    monkeypatch.setattr(os, 'cpu_count', lambda told=told: told)
    assert cores.usable() == usable
