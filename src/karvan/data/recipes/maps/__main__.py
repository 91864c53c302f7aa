"""`python -m karvan.data.recipes.maps FOLDER` writes the files of the maps anew."""

from __future__ import annotations

import sys
from pathlib import Path

from karvan.core.archive import write_whole
from karvan.data.recipes.maps import make

for path, text in make(Path(sys.argv[1])).items():
    write_whole(path, text)
