"""Strict labels: exact match or an error, and a suggestion when a word is nearly right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from karvan.core.errors import LabelError, SymbolError, first_five


def as_labels(values: Iterable[str], what: str) -> tuple[str, ...]:
    """Check labels (text, not empty, no duplicate) and freeze them.

    Raises
    ------
    LabelError
        Names the axis, the offending labels and how many there are.
    """
    if isinstance(values, str):
        raise LabelError(f"{what}: expected a list of labels, got the single text {values!r}; write [{values!r}]")
    if not isinstance(values, Iterable) or isinstance(values, set | frozenset | Mapping):
        raise LabelError(f"{what}: expected an ordered list of labels, got {type(values).__name__}")
    labels = tuple(str(v) for v in values)
    if not labels:
        raise LabelError(f"{what}: no labels given; at least one is needed")
    blank = [i for i, label in enumerate(labels) if not label.strip()]
    if blank:
        raise LabelError(f"{what}: {len(blank)} empty label(s) at position {first_five(blank)}; name them")
    seen: set[str] = set()
    twice = [label for label in labels if label in seen or seen.add(label)]  # type: ignore[func-returns-value]
    if twice:
        raise LabelError(f"{what}: {len(twice)} duplicate label(s): {first_five(twice)}; every label must occur once")
    return labels


def suggest(word: object, choices: Iterable[str]) -> str:
    """Return ' Did you mean ...?' when a choice is close to the word, else list the choices."""
    options, lower = list(choices), str(word).lower()
    close = [o for o in options if o.lower() == lower]
    below = [o for o in options if o.lower().startswith(f"{lower}/")]
    if below and not close:
        return f" Known: {', '.join(below)}."
    close = close or difflib.get_close_matches(str(word), options, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known: {', '.join(options)}." if len(options) <= 40 else f" Known: {first_five(options)}."


def positions(wanted: Sequence[str], labels: Sequence[str], what: str) -> np.ndarray:
    """Return the position of each wanted label, or raise with a suggestion for the first unknown one."""
    where = {label: i for i, label in enumerate(labels)}
    unknown = [w for w in wanted if w not in where]
    if unknown:
        raise LabelError(f"unknown {what}: {first_five(unknown)}.{suggest(unknown[0], labels)}")
    return np.array([where[w] for w in wanted], dtype=int)


def to_array(
    values: Any, name: str, dims: Sequence[str], labels: dict[str, tuple[str, ...]], *, broadcast: bool = False
) -> np.ndarray:
    """Turn raw or labelled values into a float array over `dims`, strictly.

    A labelled array (xarray) must carry exactly the same dimensions and, on each, exactly the same labels in the same
    order. A raw array must have the full shape; a scalar is spread only where `broadcast` says so.

    Raises
    ------
    SymbolError
        Wrong shape or not numeric.
    LabelError
        A dimension or its labels differ.
    """
    if hasattr(values, "dims") and hasattr(values, "coords"):
        values = _labelled(values, name, dims, labels)
    if hasattr(values, "index") and hasattr(values, "to_numpy"):
        raise LabelError(
            f"{name}: a pandas object has labels that are not checked here; pass .to_numpy() or .to_xarray()"
        )
    if np.ma.isMaskedArray(values):
        raise SymbolError(f"{name}: a masked array; fill the masked values first")
    if np.iscomplexobj(values):
        raise SymbolError(f"{name}: complex numbers; expected real ones")
    try:
        array = np.array(values, dtype=float, order="C")
    except (TypeError, ValueError) as fault:
        raise SymbolError(f"{name}: not an array of numbers ({fault}); expected dims {tuple(dims)}") from None
    shape = tuple(len(labels[d]) for d in dims)
    if broadcast and array.ndim == 0:
        array = np.full(shape, float(array))
    if array.shape != shape:
        expected = " x ".join(f"{d}={n}" for d, n in zip(dims, shape, strict=True))
        raise SymbolError(
            f"{name}: shape {array.shape}, expected {shape} ({expected}); the axis order is {tuple(dims)}"
        )
    return by_sector(array) if len(shape) == 3 and dims[-1] == "sector" and dims[0] == "importer" else array


def by_sector(array: np.ndarray) -> np.ndarray:
    """(n, i, j) with the same values in one memory layout, sector by sector, as the solver reads it.

    One layout also makes sums the same to the last bit, whatever the caller's layout was.
    """
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 2, 0)), 0, 2)


def _labelled(values: Any, name: str, dims: Sequence[str], labels: dict[str, tuple[str, ...]]) -> np.ndarray:
    if set(values.dims) != set(dims):
        raise LabelError(f"{name}: dims {tuple(values.dims)}, expected {tuple(dims)}")
    values = values.transpose(*dims)
    for dim in dims:
        if dim not in values.coords:
            raise LabelError(f"{name}: dimension {dim!r} has no labels; add them or pass a plain array")
        got, expected = tuple(str(v) for v in values.coords[dim].values), labels[dim]
        if got == expected:
            continue
        missing, extra = [v for v in expected if v not in got], [v for v in got if v not in expected]
        if missing or extra:
            raise LabelError(
                f"{name}: {dim} labels differ: {len(missing)} missing ({first_five(missing) or 'none'}), "
                f"{len(extra)} unknown ({first_five(extra) or 'none'}); select or extend them so that they match"
            )
        raise LabelError(
            f"{name}: {dim} labels are in another order; use .reindex({dim}=...) to put them in the world's"
        )
    return np.asarray(values.values)


def require_finite(array: np.ndarray, name: str, labels: Sequence[Sequence[str]]) -> None:
    """Raise when an array holds NaN or infinity, naming the first five cells."""
    bad = ~np.isfinite(array)
    if bad.any():
        raise SymbolError(
            f"{name}: {int(bad.sum())} value(s) are NaN or infinite, at {cells(bad, labels)}; "
            "fill them or say zero: an absence is not a zero"
        )


def cells(mask: np.ndarray, labels: Sequence[Sequence[str]]) -> str:
    """Name the first five true cells of a mask, as (KAZ, RUS, food)."""
    where = np.argwhere(mask)
    named = ["(" + ", ".join(labels[axis][i] for axis, i in enumerate(cell)) + ")" for cell in where[:5]]
    more = f" and {len(where) - 5} more" if len(where) > 5 else ""
    return ", ".join(named) + more
