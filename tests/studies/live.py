"""A run of every phase as a program: `python -m tests.studies.live ...`.

It notes its phase in `BASE_DIR.note` and each life in `BASE_DIR.lives`.
"""

import os
import pathlib
import sys


def main(student, base_dir):
  """Runs, or resumes, to the end."""
  note = pathlib.Path(f'{base_dir}.note')
  note.write_bytes(bytes(1))
  with open(f'{base_dir}.lives', 'a') as file:
    file.write(f'{os.getpid()} ')
  from tests.runner import lives

  lives.live(student, base_dir, note)


if __name__ == '__main__':
  main(*sys.argv[1:])
