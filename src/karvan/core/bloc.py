"""A trade bloc: who is in it, what kind it is, what its members share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from karvan.core.errors import LabelError, SymbolError, first_five
from karvan.core.labels import as_labels

KINDS = ("customs_union", "free_trade")


@dataclass(frozen=True)
class Bloc:
    """A bloc in one year.

    Parameters
    ----------
    name : short code used in scenarios, such as "EAEU"
    members : country codes
    kind : "customs_union" (one external tariff, duties may be pooled) or "free_trade"
    shares : treaty share of each member in the pool of import duties; empty when duties are not pooled. Sum to one.
    collection : part of the statutory duty on outside goods that reaches the pool, 0..1
    common_tariff : name of the tariff schedule that is the common external tariff
    exceptions : pairs of members between whom the bloc's preference does not hold
    title, source : for readers
    """

    name: str
    members: tuple[str, ...]
    kind: str = "customs_union"
    shares: Mapping[str, float] = field(default_factory=dict)
    collection: float = 1.0
    common_tariff: str = ""
    exceptions: tuple[tuple[str, str], ...] = ()
    title: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Check kind, members, shares and collection rate."""
        object.__setattr__(self, "members", as_labels(self.members, f"members of bloc {self.name}"))
        if self.kind not in KINDS:
            raise SymbolError(f"bloc {self.name}: kind {self.kind!r}; use one of {', '.join(KINDS)}")
        strangers = [c for c in self.shares if c not in self.members]
        if strangers:
            raise LabelError(f"bloc {self.name}: pool shares for non-members: {first_five(strangers)}")
        if not 0 <= self.collection <= 1:
            raise SymbolError(f"bloc {self.name}: collection rate {self.collection} outside 0..1")
        bad = [f"{c} {share:g}" for c, share in self.shares.items() if not 0 <= share <= 1]
        total = sum(self.shares.values())
        if self.shares and (bad or abs(total - 1) > 1e-6):
            wrong = f"; outside 0..1: {first_five(bad)}" if bad else ""
            raise SymbolError(
                f"bloc {self.name}: pool shares must be >= 0 and sum to 1, they sum to {total:.6g}{wrong}; correct the "
                "share of each member"
            )

    def within(self, countries: Sequence[str]) -> tuple[str, ...]:
        """Return the members that are countries of a world, in the world's order."""
        return tuple(c for c in countries if c in self.members)

    def to_dict(self) -> dict[str, Any]:
        """Return the bloc as plain data."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Bloc:
        """Read what `to_dict` gave, also after a trip through JSON."""
        return cls(**{**entry, "exceptions": tuple((a, b) for a, b in entry["exceptions"])})
