"""Makes the package that `make build` has laid out importable; INGOT_BUILD names another build folder."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("INGOT_BUILD", "build")
sys.path.insert(0, str(BUILD / "python"))
