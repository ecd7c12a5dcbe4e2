import signal
import threading

import pytest

from reincarnating_rl.support.interrupts import Interrupted, InterruptFlag

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def handlers():
  return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize('number', SIGNALS)
def test_the_first_signal_asks(number, capfd):
  flag = InterruptFlag()
  with flag.listening():
    flag.check()
    signal.raise_signal(number)
    assert flag.requested
    with pytest.raises(Interrupted):
      flag.check()
  assert f'{number.name}: stopping; at the next' in capfd.readouterr().err


def test_the_message_contains_the_promise(capfd):
  with InterruptFlag('all is kept').listening():
    signal.raise_signal(signal.SIGINT)
  assert 'SIGINT: stopping; all is kept. Repeat' in capfd.readouterr().err


@pytest.mark.parametrize('first', SIGNALS)
@pytest.mark.parametrize('second', SIGNALS)
def test_the_second_signal_stops_at_once(first, second):
  before = handlers()
  with pytest.raises(KeyboardInterrupt) as caught, InterruptFlag().listening():
    signal.raise_signal(first)
    signal.raise_signal(second)
  # Not `Interrupted`, after which a checkpoint is written.
  assert caught.type is KeyboardInterrupt
  assert handlers() == before


@pytest.mark.parametrize('other', SIGNALS)
def test_a_closed_terminal_asks_and_never_insists(other, capfd):
  flag = InterruptFlag()
  with flag.listening():
    for number in (signal.SIGHUP, other, signal.SIGHUP):
      signal.raise_signal(number)
    assert flag.requested and not flag.insisted
    with pytest.raises(KeyboardInterrupt):
      signal.raise_signal(other)
    assert flag.insisted
  assert f'{other.name}: stopping' in capfd.readouterr().err


def test_handlers_are_restored():
  before = handlers()
  with InterruptFlag().listening():
    assert not set(handlers()) & set(before)
  assert handlers() == before


def test_handlers_are_restored_after_an_error():
  before = handlers()
  with pytest.raises(ZeroDivisionError), InterruptFlag().listening():
    1 / 0  # noqa: B018
  assert handlers() == before


@pytest.mark.parametrize('before', [signal.SIG_DFL, signal.SIG_IGN])
def test_a_closed_terminal_asks_unless_nohup_is_set(before):
  was = signal.signal(signal.SIGHUP, before)
  flag = InterruptFlag()
  try:
    with flag.listening():
      signal.raise_signal(signal.SIGHUP)
    assert flag.requested == (before == signal.SIG_DFL)
    assert signal.getsignal(signal.SIGHUP) == before
  finally:
    signal.signal(signal.SIGHUP, was)


def test_other_threads_leave_signals_alone():
  before = handlers()
  inside = []

  def listen():
    with InterruptFlag().listening():
      inside.extend(handlers())

  thread = threading.Thread(target=listen)
  thread.start()
  thread.join()
  assert inside == before == handlers()
