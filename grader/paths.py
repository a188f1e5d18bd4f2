"""Where things are in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CHALLENGES: Final = ROOT / "challenges"
SOLUTIONS: Final = ROOT / "solutions"
WORK: Final = ROOT / "work"
