"""A hub on loopback that takes commits, large files apart."""

import base64
import hashlib
import json
import urllib.parse

import yaml

from tests.fetching.hub_server import LARGE, Handler, HubServer

TOKEN = 'hf_of_ada'


class _Handler(Handler):
  def do_GET(self):
    hub = self.server.owner
    path = urllib.parse.urlparse(self.path).path
    if path == '/api/whoami-v2':
      return self._whoami(hub)
    if not hub.exists:
      return self._send(404, {'X-Error-Code': 'RepoNotFound'}, b'')
    return super().do_GET()

  do_HEAD = do_GET

  def _whoami(self, hub):
    hub.authorizations.add(self.headers['Authorization'])
    if self.headers['Authorization'] != f'Bearer {TOKEN}':
      return self._send(401, {}, b'')
    return self._answer({'type': 'user', 'name': 'ada', 'orgs': []})

  def do_POST(self):
    hub = self.server.owner
    body = self.rfile.read(int(self.headers['Content-Length']))
    path = urllib.parse.urlparse(self.path).path
    for text, (status, code) in hub.statuses.items():
      if text in path:
        return self._send(status, {'X-Error-Code': code}, b'')
    hub.posts.append(path)
    asked = {
      '/api/repos/create': hub.create,
      '/api/validate-yaml': hub.validate,
      f'/api/models/{hub.repository}/preupload/main': hub.modes,
      f'/{hub.repository}.git/info/lfs/objects/batch': hub.batch,
      f'/api/models/{hub.repository}/commit/main': hub.commit,
    }
    return self._answer(asked[path](body))

  def do_PUT(self):
    hub = self.server.owner
    data = self.rfile.read(int(self.headers['Content-Length']))
    assert self.path == f'/large/{hashlib.sha256(data).hexdigest()}'
    hub.large[self.path.rpartition('/')[2]] = data
    self._send(200, {}, b'')

  def _answer(self, value):
    body = json.dumps(value).encode()
    self.send_response(200)
    self.send_header('Content-Type', 'application/json')
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    self.wfile.write(body)


class WritableHub(HubServer):
  """Has one repository, once it was made."""

  def __init__(self, repository: str) -> None:
    self.exists = False
    self.large: dict[str, bytes] = {}  # By checksum.
    self.posts: list[str] = []
    self.commits = 0
    super().__init__(repository, {}, _Handler)

  def create(self, body):
    asked = json.loads(body)
    assert f'{asked["organization"]}/{asked["name"]}' == self.repository
    self.exists = True
    private = asked.get('private') or asked.get('visibility') == 'private'
    self.told['private'] = bool(private)
    return {'url': f'{self.url}/{self.repository}'}

  def validate(self, body):
    _, front, _ = json.loads(body)['content'].split('---\n', 2)
    assert yaml.safe_load(front)['library_name']
    return {'errors': [], 'warnings': []}

  def modes(self, body):
    return {
      'files': [
        {
          'path': file['path'],
          'uploadMode': 'lfs' if file['path'].endswith(LARGE) else 'regular',
          'shouldIgnore': False,
        }
        for file in json.loads(body)['files']
      ]
    }

  def batch(self, body):
    return {
      'objects': [
        {
          **wanted,
          'actions': {'upload': {'href': f'{self.url}/large/{wanted["oid"]}'}},
        }
        for wanted in json.loads(body)['objects']
      ]
    }

  def commit(self, body):
    for line in body.splitlines():
      told = json.loads(line)
      value = told['value']
      if told['key'] == 'file':
        self.contents[value['path']] = base64.b64decode(value['content'])
      elif told['key'] == 'lfsFile':
        self.contents[value['path']] = self.large[value['oid']]
      elif told['key'] == 'deletedFile':
        del self.contents[value['path']]
    self.commits += 1
    return {
      'commitUrl': f'{self.url}/{self.repository}/commit/1',
      'commitOid': 'c0ffee',
      'success': True,
    }
