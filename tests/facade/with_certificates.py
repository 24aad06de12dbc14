# SPDX-License-Identifier: MIT
"""Makes the certificates of tests/tls in a folder, runs a program with it as its last argument, and
takes the folder away."""
import os
import subprocess
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "tls"))
from certificates import Certificates  # noqa: E402

warnings.simplefilter("ignore")  # of weak hashes: they are what is tested
with tempfile.TemporaryDirectory() as folder:
    Certificates(folder)
    sys.exit(subprocess.run([*sys.argv[1:], folder]).returncode)
