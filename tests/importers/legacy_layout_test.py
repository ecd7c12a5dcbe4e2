import numpy as np
import pytest

from reincarnating_rl.importers.legacy_files import LegacyInfo
from reincarnating_rl.importers.legacy_layout import lay_out


def laid(text, *, add_count=None, stack=3, store=3, **arguments):
  """Lays out slots, written as in `legacy_dumps.arrays`.

  Returns:
    The slots that are kept, in order; `episode_step` of each; how many are
    padding, stale, older, of unknown states.
  """
  slots = np.array(list(text))
  count = len(text.rstrip('?')) if add_count is None else add_count
  info = LegacyInfo(count, len(text), stack, 1, (2,), np.dtype(np.uint8))
  found = lay_out(
    info,
    terminal=slots == 'T',
    is_blank=slots == '0',
    is_end=slots == 'E',
    stack_size=store,
    **arguments,
  )
  order = np.argsort(found.position)
  kept = [int(slot) for slot in order if found.position[slot] >= 0]
  rest = found.padding, found.stale, found.older, found.unknown
  return kept, found.episode_step.tolist(), rest


def test_padding_is_removed_and_steps_are_numbered():
  kept, steps, rest = laid('00xxT00xx????')
  assert kept == [2, 3, 4, 7, 8]
  assert steps == [0, 1, 2, 0, 1]
  assert rest == (4, 4, 0, 0)


def test_a_listed_end_begins_an_episode_as_a_terminal_does():
  assert laid('00xxE00xx??')[1] == [0, 1, 2, 0, 1]


def test_slots_are_unwrapped_at_the_cursor():
  kept, steps, rest = laid('xE00xxxxT00x', add_count=18)
  assert kept == [6, 7, 8, 11, 0, 1, 4, 5]
  assert steps == [2, 3, 4, 0, 1, 2, 0, 1]
  assert rest == (4, 0, 0, 0)


def test_ends_and_padding_lie_across_the_last_slot():
  assert laid('0xxxxxxxxT0', add_count=25)[:2] == (
    [3, 4, 5, 6, 7, 8, 9, 1, 2],
    [2, 3, 4, 5, 6, 7, 8, 0, 1],
  )


def test_a_cut_beginning_has_no_element():
  """Steps count from S - 1: two earlier frames were overwritten."""
  assert laid('xxxT00xx', add_count=16)[1] == [2, 3, 4, 5, 0, 1]
  # The last log of a run has its count set to the cursor.
  assert laid('xxxT00xx????')[1] == [2, 3, 4, 5, 0, 1]


def test_single_observations_do_not_hide_a_lost_start():
  single = {'stack': 1, 'store': 1}
  assert laid('xxTxx', add_count=5, **single)[1] == [0, 1, 2, 0, 1]
  assert laid('xxTxx', add_count=10, **single)[1] == [1, 2, 3, 0, 1]


def test_half_of_the_padding_is_overwritten():
  """One blank frame is kept, which completes the states after it."""
  kept, steps, rest = laid('0xxT00xx', add_count=8)
  assert kept == [0, 1, 2, 3, 6, 7]
  assert steps == [2, 3, 4, 5, 0, 1]
  assert rest == (2, 0, 0, 0)
  assert laid('0xxT00xx', add_count=8, store=2)[:2] == (
    [1, 2, 3, 6, 7],
    [0, 1, 2, 0, 1],
  )


def test_the_slot_that_a_log_was_about_to_overwrite_is_stale():
  kept, steps, rest = laid('00xxT00xx', add_count=17)
  assert kept == [2, 3, 4, 7]
  assert steps == [0, 1, 2, 0]
  assert rest == (4, 1, 0, 0)
  assert laid('00xxT00x?') == (kept, steps, rest)


def test_fewer_black_frames_than_padding_are_steps():
  assert laid('00x0xT')[:2] == ([2, 3, 4, 5], [0, 1, 2, 3])
  assert laid('00xT000x')[:2] == ([2, 3, 6, 7], [0, 1, 0, 1])


def test_as_many_blank_steps_as_padding_are_a_cut():
  """A resumed run lists no end of the episode that was cut."""
  kept, steps, rest = laid('00xxx00xT00x')
  assert kept == [2, 3, 4, 7, 8, 11]
  assert steps == [0, 1, 2, 0, 1, 0]
  assert rest == (6, 0, 0, 0)
  # Black frames next to padding look like padding.
  assert laid('00xx0000x')[:2] == ([2, 3, 8], [0, 1, 0])
  assert laid('00xT0000x')[:2] == ([2, 3, 8], [0, 1, 0])
  assert laid('0000x')[:2] == ([4], [0])
  assert laid('x000xT', add_count=6)[:2] == ([0, 4, 5], [2, 0, 1])


def test_guessed_blank_steps_do_not_cut():
  guess = {'are_rows_padding': False}
  assert laid('00xxx00xT00x', **guess)[:2] == (
    [2, 3, 4, 5, 6, 7, 8, 11],
    [0, 1, 2, 3, 4, 5, 6, 0],
  )
  assert laid('0000xT', **guess)[:2] == ([2, 3, 4, 5], [0, 1, 2, 3])


def test_short_padding_leaves_states_unknown():
  """Two black frames may be play or padding; the first states differ."""
  kept, steps, rest = laid('000xx00xxT00x00x000x', store=4)
  assert kept == [3, 4, 12, 19]
  assert steps == [0, 1, 0, 0]
  assert rest == (12, 0, 0, 4)
  # An episode cut at the oldest step is still kept.
  assert laid('00xxxT00x', store=4)[1] == [3, 4, 5, 6, 7, 8, 0]


def test_stacks_of_one_frame_have_no_padding():
  assert laid('xxTxx0xExx', stack=1, store=1)[:2] == (
    list(range(10)),
    [0, 1, 2, 0, 1, 2, 3, 4, 0, 1],
  )
  assert laid('00x00xT', stack=1, store=1)[:2] == (list(range(7)),) * 2


def test_a_store_with_longer_stacks_trusts_fewer_states():
  assert laid('xT', stack=1, store=3)[1] == [2, 3]
  assert laid('0000xT', store=5)[:2] == ([4, 5], [0, 1])


def test_the_newest_steps():
  assert laid('00xxxT00xx', newest=3) == ([5, 8, 9], [3, 0, 1], (4, 0, 3, 0))
  assert laid('00xxxT00xx', newest=2) == ([8, 9], [0, 1], (4, 0, 4, 0))
  assert laid('00xx', newest=9) == ([2, 3], [0, 1], (2, 0, 0, 0))


@pytest.mark.parametrize('text', ['00xxTxxx', '00xxT0xx', '00xxE0x?', 'TT'])
def test_contradicting_arrays(text):
  with pytest.raises(ValueError, match='does not begin with padding'):
    laid(text)


def test_only_padding():
  with pytest.raises(ValueError, match='all steps are padding'):
    laid('00')
