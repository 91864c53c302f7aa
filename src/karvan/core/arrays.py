"""Which library an array belongs to, so that the hot loop runs on any that follows the array API standard."""

from __future__ import annotations

from typing import Any


def namespace(array: Any) -> Any:
    """Return the functions that go with an array: NumPy's for NumPy arrays, another library's for its own.

    The array must carry `__array_namespace__` (the array API standard, 2023.12 or later).
    """
    return array.__array_namespace__()


def transfer(record: Any, asarray: Any) -> Any:
    """Return a NamedTuple of arrays with every NumPy array passed through another library's `asarray`.

    With it the solver runs where that library keeps its arrays, for example on a GPU:
    `fixed_point(transfer(tables, cupy.asarray), transfer(closure, cupy.asarray), ...)`. The library must allow
    assignment to elements.
    """
    import numpy as np

    return type(record)(*(asarray(np.ascontiguousarray(a)) if isinstance(a, np.ndarray) else a for a in record))
