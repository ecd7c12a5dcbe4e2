"""A little of the hub's API on loopback: a listing, and files."""

import hashlib
import json
import urllib.parse

from tests.fetching.loopback import LoopbackServer, QuietHandler

COMMIT = 'c0ffee' * 6 + 'c0de'
LARGE = ('.cleanrl_model', '.safetensors', '.mp4')


class Handler(QuietHandler):
  def do_GET(self):
    hub = self.server.owner
    hub.authorizations.add(self.headers['Authorization'])
    path = urllib.parse.unquote(urllib.parse.urlparse(self.path).path)
    prefix = f'/{hub.repository}/resolve/{COMMIT}/'
    for text, (status, code) in hub.statuses.items():
      if text in path:
        return self._send(status, {'X-Error-Code': code}, b'')
    if path == f'/api/models/{hub.repository}':
      return self._send(200, {}, hub.listing())
    if not path.startswith(prefix):
      return self._send(404, {'X-Error-Code': 'RepoNotFound'}, b'')
    return self._send_file(hub, path.removeprefix(prefix))

  do_HEAD = do_GET

  def _send_file(self, hub, name):
    content = hub.contents[name]
    headers = {'X-Repo-Commit': COMMIT, 'ETag': f'"{hub.digest(name)}"'}
    if self.command == 'GET':
      hub.sent.append(name)
      if hub.wrong.get(name, 0):
        hub.wrong[name] -= 1
        content = bytes(len(content))
    self._send(200, headers, content)

  def _send(self, status, headers, body):
    self.send_response(status)
    for name, value in headers.items():
      self.send_header(name, value)
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    if self.command == 'GET':
      self.wfile.write(body)


class HubServer(LoopbackServer):
  """Serves one repository; files of some endings as large ones."""

  def __init__(
    self,
    repository: str,
    contents: dict[str, bytes],
    handler: type[Handler] = Handler,
  ) -> None:
    self.repository = repository
    self.contents = contents
    self.sent: list[str] = []
    self.statuses: dict[str, tuple[int, str]] = {}  # By a text in the path.
    self.told: dict[str, object] = {}  # Beside the files.
    self.wrong: dict[str, int] = {}  # How often a file comes damaged.
    self.authorizations: set[str | None] = set()
    super().__init__(handler)

  def digest(self, name):
    if name.endswith(LARGE):
      return hashlib.sha256(self.contents[name]).hexdigest()
    return self._git_digest(name)

  def listing(self):
    files = [self._described(name) for name in self.contents]
    listing = {'id': self.repository, 'sha': COMMIT, 'siblings': files}
    return json.dumps(listing | self.told).encode()

  def _described(self, name):
    size = len(self.contents[name])
    file = {'rfilename': name, 'size': size, 'blobId': self._git_digest(name)}
    if name.endswith(LARGE):
      digest = self.digest(name)
      file['lfs'] = {'sha256': digest, 'size': size, 'pointerSize': 130}
    return file

  def _git_digest(self, name):
    content = self.contents[name]
    return hashlib.sha1(b'blob %d\0' % len(content) + content).hexdigest()
