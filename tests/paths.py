"""Where data that may not be committed lies beside the repository; tests skip where it is absent."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


def shared(*folders: str) -> Path:
    """Return the folder of development data, or skip the test when one of the folders is not there."""
    missing = [f for f in folders if not (SHARED / f).is_dir()]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} in ../shared/data, which is not part of the repository")
    return SHARED
