"""A server on loopback, in threads of its own."""

import http.server
import threading


class LoopbackServer:
  """Serves until it is closed; its handlers find it as `self.server.owner`."""

  def __init__(self, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
    self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    self._server.owner = self
    self.url = f'http://127.0.0.1:{self._server.server_port}'
    self._thread = threading.Thread(
      target=self._server.serve_forever, args=(0.01,)
    )
    self._thread.start()

  def close(self):
    self._server.shutdown()
    self._server.server_close()
    self._thread.join()


class QuietHandler(http.server.BaseHTTPRequestHandler):
  def log_message(self, *args):
    pass
