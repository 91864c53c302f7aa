"""Every model by name, with the changes it accepts; the contract tests run over this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from karvan.core.outcome import Outcome
from karvan.models.trade.face import solve


class Model(NamedTuple):
    """A model: its solver and the symbols of a Change that it uses; any other symbol is an error."""

    solve: Callable[..., Outcome]
    accepts: frozenset[str]


MODELS: Mapping[str, Model] = MappingProxyType(
    {"trade": Model(solve, frozenset({"d_hat", "tau_new", "A_hat", "D_new", "pool_new"}))}
)
