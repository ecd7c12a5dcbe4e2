"""What a test process finds around it; imported before JAX and TensorFlow."""

import os
import shutil
import tempfile

# Checkpoints are synced to the disk, hundreds of them in some tests, and test
# runs leave thousands of files: in memory, where there is enough of it, both
# take no time.
_MEMORY = '/dev/shm'
if (
  'TMPDIR' not in os.environ
  and os.path.isdir(_MEMORY)
  and shutil.disk_usage(_MEMORY).free > 4 * 2**30
):
  os.environ['TMPDIR'] = tempfile.tempdir = _MEMORY
# Two test workers share two cores; the CPU is the platform under test.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
# Compilation is most of the work of the tests: without optimization it takes a
# third less, and the programs are small.
os.environ.setdefault('JAX_DISABLE_MOST_OPTIMIZATIONS', '1')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
# What one process of a run has compiled, the others need not: the workers, and
# the commands that tests start.
if 'JAX_COMPILATION_CACHE_DIR' not in os.environ:
  _cache = tempfile.TemporaryDirectory(prefix='compiled-')
  os.environ['JAX_COMPILATION_CACHE_DIR'] = _cache.name
  os.environ['JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS'] = '0'
  os.environ['JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES'] = '0'
