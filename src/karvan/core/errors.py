"""What can go wrong, by name. An error says what, where, how many, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable


class KarvanError(Exception):
    """Root of every error that karvan raises on purpose."""


class SymbolError(KarvanError):
    """A symbol is unknown, or its values break the dictionary (shape, sign, NaN, unit)."""


class LabelError(KarvanError):
    """Countries, sectors or other labels are missing, duplicated, unknown or in another order."""


class IdentityError(KarvanError):
    """An accounting identity of the baseline does not hold."""


class ConflictError(KarvanError):
    """Two changes set the same thing."""


class ConvergenceError(KarvanError):
    """The solver stopped before every residual was below the tolerance."""


class InfeasibleError(KarvanError):
    """The question has no answer in the model: a market without supplier, a deficit without trade."""


class ScenarioError(KarvanError):
    """A scenario file or a shock is written wrongly, or touches nothing."""


class SourceError(KarvanError):
    """A data file is missing, unreadable, or not what its source promises."""


class KarvanWarning(UserWarning):
    """Something is allowed but probably not meant."""


def first_five(items: Iterable[object]) -> str:
    """Join the first five items for a message and say how many more there are."""
    rows = [str(item) for item in items]
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return ", ".join(rows[:5]) + more
