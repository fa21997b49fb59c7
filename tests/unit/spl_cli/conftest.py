"""The reader and judge of the worked SPL cases, which live with the SPL suite."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "spl"))
