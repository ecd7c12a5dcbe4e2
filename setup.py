"""Packaging of reincarnating_rl; tool settings are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(
  r"__version__ = '(.+)'",
  (ROOT / 'reincarnating_rl' / '__init__.py').read_text(encoding='utf-8'),
)[1]

# Games beside Atari's. MinAtar's licence is the GPL, and so is pgx-minatar's:
# they are installed by those who ask for them. The Balloon Learning Environment
# of 2022 sets no bounds above what it requires; `_balloon_compat` is for this
# version of it. MuJoCo 4 breaks dm_control. That requires labmaze, which has no
# wheel for Python 3.13; without it the suite works, as `envs/control_games.py`
# tells. pip before 23.3 passes over extras with an underscore in their names.
GAMES = {
  'balloon': [
    'balloon-learning-environment==1.0.1',
    'scikit-learn>=1.4',
    'threadpoolctl>=3',
  ],
  'box2d': ['box2d>=2.3.10,<3'],
  'control': [
    'dm_control>=1.0.50,<2; python_version < "3.13"',
    'dm-env>=1.6',  # Of dm_control, as lxml.
    'imageio>=2.14.1',  # Of Gymnasium's MuJoCo, as glfw and MuJoCo itself.
    'lxml>=5',
    'mujoco>=3.17,<4',
  ],
  'minatar': ['minatar>=1.0.15,<2'],
  # The same games as JAX programs; corrected for this version of them.
  'minatar-jax': [
    'minatar>=1.0.15,<2',
    'pgx>=2.6,<3',
    'pgx-minatar==0.5.1',
  ],
}

# The ffmpeg in this wheel, of 170 MB, writes MP4: it is installed by those who
# ask for it. GIF needs none.
VIDEO = ['imageio-ffmpeg>=0.5,<1']

# It converts networks for programs without JAX.
ONNX = ['jax2onnx>=0.13,<0.14', 'onnxruntime>=1.24.1,<2']

# Trackers of experiments, one an extra. Trackio requires a Pillow before 13,
# which is not the one in constraints.txt. MLflow's own local stores and its
# pages need `mlflow` beside `mlflow-skinny`.
TRACKERS = {
  'wandb': ['wandb>=0.31,<1'],
  'mlflow': ['mlflow-skinny>=3.17,<4'],
  'trackio': ['trackio>=0.43,<1'],
}

# They make the site of docs/: make docs.
DOCS = [
  'mkdocs>=1.6,<2',
  'mkdocs-material>=9.8,<10',
  'mkdocstrings[python]>=1,<2',
]

# The folders of configurations, as packages.
CONFIGS = sorted(
  {
    '.'.join(('reincarnating_rl', *path.parent.relative_to(ROOT).parts))
    for path in (ROOT / 'configs').rglob('*.*')
  }
)

setup(
  name='reincarnating_rl',
  version=VERSION,
  description="Train a new agent from an old agent's policy and data.",
  long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
  long_description_content_type='text/markdown',
  python_requires='>=3.11,<3.14',
  packages=[
    *find_packages(include=['reincarnating_rl', 'reincarnating_rl.*']),
    *CONFIGS,
  ],
  # The configurations live at the top of the repository and travel in the
  # wheel, so that they are found by name from anywhere.
  package_dir={'reincarnating_rl.configs': 'configs'},
  package_data={
    'reincarnating_rl': ['py.typed'],
    'reincarnating_rl.evaluation': ['templates/*'],
    'reincarnating_rl.publishing': ['templates/*'],
    **{folder: ['*.gin', '*.yaml'] for folder in CONFIGS},
  },
  install_requires=[
    'absl-py>=2.1',
    'ale-py>=0.12,<0.13',
    'chex>=0.1.90',
    'cramjam>=2.9',
    'dopamine-rl==4.1.2',
    'flatbuffers>=24',  # JAX's exports need it; JAX does not require it.
    'flax>=0.12',
    'gin-config>=0.5',
    'google-cloud-storage>=3.1,<4',
    'google-crc32c>=1.6',
    'gymnasium>=1.1',
    'h5py>=3.11',  # Minari's and D4RL's files.
    'httpx2>=2.16',  # Of huggingface_hub: the errors that it lets pass.
    'huggingface_hub>=2.4,<3',
    'jax>=0.10,<0.11',
    'jinja2>=3.1',
    'markupsafe>=2.0',
    'matplotlib>=3.9',
    'msgpack>=1.0.8',
    'numpy>=2.1',
    'pandas>=2.2',  # Of arch, which rliable uses: evaluation/_rliable.py.
    'optax>=0.2.5',
    'pyyaml>=6',
    'ray>=2.60,<3',
    'pillow>=10.1',  # Videos; matplotlib requires it, too.
    'requests>=2.32',  # Of google-cloud-storage: its errors, as urllib3's.
    'rich>=13',
    'rliable>=1.2,<1.3',
    'safetensors>=0.5',
    'scipy>=1.11',
    'tensorboard>=2.19',  # Messages of its events: runner/event_files.py.
    # Dopamine requires it, and nothing here imports it: tools/no_tensorflow.
    'tensorflow>=2.21,<2.22',
    'tensorflow-probability==0.25.0',
    'tqdm>=4.66',
    'urllib3>=2',
  ],
  extras_require={
    **GAMES,
    **TRACKERS,
    'cuda': ['jax[cuda13]>=0.10,<0.11'],
    'docs': DOCS,
    'onnx': ONNX,
    'video': VIDEO,
    'dev': [
      *DOCS,
      *ONNX,
      *VIDEO,
      *GAMES['balloon'],
      *GAMES['box2d'],
      *GAMES['control'],
      *GAMES['minatar-jax'],
      *TRACKERS['mlflow'],
      *TRACKERS['wandb'],
      'gcp-storage-emulator>=2026.7',
      'hypothesis>=6.100',
      'minari>=0.5.2,<0.6',  # Writes the datasets that the tests read.
      'psutil>=5.9',
      'pytest>=8',
      'pytest-xdist>=3.6',
      'ruff>=0.9',
    ],
  },
  entry_points={
    'console_scripts': ['reincarnate=reincarnating_rl.cli.doors:main'],
  },
)
