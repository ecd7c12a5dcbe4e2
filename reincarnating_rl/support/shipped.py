"""Where the shipped configurations are."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
# In a clone `configs/` stands beside the package; a wheel carries it inside.
FOLDER = next(
  (
    p for p in (_PACKAGE / 'configs', _PACKAGE.parent / 'configs') if p.is_dir()
  ),
  _PACKAGE / 'configs',
)
PREFIXES = (f'{FOLDER.as_posix()}/', 'reincarnating_rl/', 'configs/')
"""What a user may write before the name of a shipped file, in this order."""
