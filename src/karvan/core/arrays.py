"""Which library an array belongs to, so that the hot loop runs on any that follows the array API standard."""

from __future__ import annotations

from typing import Any


def namespace(array: Any) -> Any:
    """Return the functions that go with an array: NumPy's for NumPy arrays, another library's for its own.

    The array must carry `__array_namespace__` (the array API standard, 2023.12 or later).
    """
    return array.__array_namespace__()
