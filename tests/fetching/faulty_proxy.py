"""A proxy before a real storage server, which fails as it is told to."""

import contextlib
import dataclasses
import http.client
import threading
from collections.abc import Callable
from typing import NamedTuple

from tests.fetching.loopback import LoopbackServer, QuietHandler


class Request(NamedTuple):
  path: str
  range: str | None
  sent: int  # Bytes of the body.


@dataclasses.dataclass
class Answer:
  """What the server said, to be changed by a fault before it is sent."""

  status: int
  headers: dict[str, str]
  body: bytes
  length: int | None  # As announced; a shorter body is a cut connection.
  pause: tuple[int, threading.Event] | None = None  # After so many bytes.


@dataclasses.dataclass
class Fault:
  """Changes answers to requests whose path contains a text."""

  text: str
  change: Callable[[Answer], None]
  times: int = 1
  without_range: bool = False  # The server does not know of ranges.


def status(number):
  def change(answer):
    answer.status, answer.body, answer.length = number, b'no', 2

  return change


def cut(after):
  def change(answer):
    answer.body = answer.body[:after]

  return change


def end(after):
  def change(answer):
    answer.body, answer.length = answer.body[:after], None

  return change


def flip(answer):
  answer.body = bytes([answer.body[0] ^ 1]) + answer.body[1:]


def replace(old, new):
  def change(answer):
    answer.body = answer.body.replace(old, new)
    answer.length = len(answer.body)

  return change


class _Handler(QuietHandler):
  def do_GET(self):
    proxy = self.server.owner
    fault = proxy.next_fault(self.path)
    answer = self._ask(proxy.upstream_port, fault)
    if fault:
      fault.change(answer)
    if '/download/' in self.path:
      asked = self.headers['Range']
      proxy.downloads.append(Request(self.path, asked, len(answer.body)))
    with contextlib.suppress(ConnectionError):
      self._send(answer)

  def _ask(self, port, fault):
    connection = http.client.HTTPConnection('127.0.0.1', port)
    headers = {'Range': self.headers['Range']}
    if headers['Range'] is None or (fault and fault.without_range):
      headers = {}
    connection.request('GET', self.path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    kept = ('Content-type', 'Content-Range', 'X-Goog-Hash')
    found = {n: response.headers[n] for n in kept if n in response.headers}
    connection.close()
    return Answer(response.status, found, body, len(body))

  def _send(self, answer):
    self.send_response(answer.status)
    for name, value in answer.headers.items():
      self.send_header(name, value)
    if answer.length is not None:
      self.send_header('Content-Length', str(answer.length))
    self.end_headers()
    first, event = answer.pause or (len(answer.body), None)
    self.wfile.write(answer.body[:first])
    if event:
      self.wfile.flush()
      event.wait(60)
      self.wfile.write(answer.body[first:])


class FaultyProxy(LoopbackServer):
  """Forwards requests; notes those that ask for objects' bytes."""

  def __init__(self, upstream_port: int) -> None:
    self.upstream_port = upstream_port
    self.faults: list[Fault] = []
    self.downloads: list[Request] = []
    self._lock = threading.Lock()
    super().__init__(_Handler)

  def next_fault(self, path):
    with self._lock:
      for fault in self.faults:
        if fault.text in path and fault.times:
          fault.times -= 1
          return fault
    return None
