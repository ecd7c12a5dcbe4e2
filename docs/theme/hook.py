"""What MkDocs does beside what mkdocs.yml says.

Pages link to files of the repository that lie outside `docs/`. These go with
the site, below `repository/`, and links to them lead there. So the same links
work in the repository and in the site.
"""

import logging
import pathlib
import posixpath
import re
from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Link, Navigation
from mkdocs.structure.pages import Page

ROOT = pathlib.Path(__file__).parents[2]
OUTSIDE = 'repository'  # The folder of the site with files outside docs/.
NOTEBOOKS_AFTER = 'api.md'

_log = logging.getLogger('mkdocs.hooks')  # A strict build ends at its warnings.
_LINK = re.compile(r'(?<=\]\()(?!\w+:)[^)\s#]+')
# What a page would fetch from elsewhere. A link to click is none.
_FETCHED = re.compile(
  r'<(?:script|img|iframe|source|video)\b[^>]*\bsrc="?https?:[^\s">]*'
  r'|<link\b[^>]*\bhref="?https?:[^\s">]*'
)


def on_config(config: MkDocsConfig) -> None:
  """Gives headings the anchors that GitHub gives them."""
  config.mdx_configs['toc']['slugify'] = anchor


def anchor(heading: str, separator: str) -> str:
  """Returns the anchor of a heading."""
  return re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', separator)


def on_files(files: Files, config: MkDocsConfig) -> None:
  """Takes along what lies outside `docs/`: the navigation's and the linked."""
  waiting = [*_leaves(config.nav)]
  waiting += [uri for page in files.documentation_pages() for uri in _to(page)]
  while waiting:
    uri = waiting.pop()
    if uri.startswith(f'{OUTSIDE}/') and not files.get_file_from_path(uri):
      path = str(ROOT / _place(uri))
      files.append(File.generated(config, uri, abs_src_path=path))
      if uri.endswith('.md'):
        waiting += _to(files.get_file_from_path(uri))


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
  """Puts the notebooks, which are no pages, beside the page of the API."""
  del config
  (page,) = [p for p in nav.pages if p.file.src_uri == NOTEBOOKS_AFTER]
  for file in files:
    if file.src_uri.endswith('.ipynb'):
      title = f'Notebook: {file.name.replace("_", " ")}'
      page.parent.children.append(Link(title, file.url))


def on_page_markdown(
  markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
  """Leads links to where the site has what they name."""
  del config, files
  here = page.file.src_uri

  def led(match: re.Match[str]) -> str:
    uri = _uri(_target(here, match[0]))
    return posixpath.relpath(uri, posixpath.dirname(here) or '.')

  return _LINK.sub(lambda m: led(m) if _is_file(here, m[0]) else m[0], markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> None:
  """Refuses a page that would fetch something from elsewhere."""
  del config
  for found in _FETCHED.findall(output):
    _log.warning('%s fetches from elsewhere: %s', page.file.src_uri, found)


def _leaves(nav: Any) -> Iterator[str]:
  """Yields the paths of a navigation."""
  if isinstance(nav, str):
    yield nav
  else:
    for inner in nav.values() if isinstance(nav, dict) else nav:
      yield from _leaves(inner)


def _to(page: File) -> list[str]:
  """Returns the files that a page links to, as the site names them."""
  links = _LINK.findall(page.content_string)
  here = page.src_uri
  return [_uri(_target(here, link)) for link in links if _is_file(here, link)]


def _is_file(here: str, link: str) -> bool:
  target = _target(here, link)
  return not target.startswith('..') and (ROOT / target).is_file()


def _target(here: str, link: str) -> str:
  """Returns what a page's link names in the repository."""
  return posixpath.normpath(
    posixpath.join(posixpath.dirname(_place(here)), link)
  )


def _place(uri: str) -> str:
  """Returns where the repository has a file of the site."""
  within = uri.removeprefix(f'{OUTSIDE}/')
  return within if within != uri else f'docs/{uri}'


def _uri(place: str) -> str:
  """Returns where the site has a file of the repository; see `_place`."""
  within = place.removeprefix('docs/')
  return within if within != place else f'{OUTSIDE}/{place}'
