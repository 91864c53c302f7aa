"""A World: a checked baseline economy, with where its numbers came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core import archive
from karvan.core.baseline import Baseline, derive
from karvan.core.bloc import Bloc
from karvan.core.errors import IdentityError, LabelError, SymbolError, first_five
from karvan.core.inputs import (
    DUST,
    axes_from,
    check_params,
    final_demand,
    pool_of,
    read,
    read_blocs,
    read_inputs,
    read_schedules,
    require_economy,
    require_mobile,
    require_stable,
)
from karvan.core.labels import as_labels, positions
from karvan.core.params import Normal, Params, Range
from karvan.core.source import Block, as_blocks
from karvan.core.symbols import symbol
from karvan.core.table import Table

if TYPE_CHECKING:
    import xarray as xr

INPUTS = ("M", "tau", "gamma", "beta", "theta", "specific", "psi")
OPTIONAL = ("specific", "psi")  # left out of files and hashes where they are zero


@dataclass(frozen=True, eq=False)
class World:
    """A baseline economy. Make one with `World.from_arrays` or `karvan.load`; it cannot be changed afterwards.

    Arrays are read-only NumPy arrays under their symbol (`world.M`, `world.tau`, `world.theta`, and derived ones such
    as `world.X`); `world["M"]` gives the same with labels (xarray). Axis order: importer, exporter, sector.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    year: int | None
    M: np.ndarray
    tau: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    theta: np.ndarray
    specific: np.ndarray
    psi: np.ndarray
    baseline: Baseline = field(repr=False)
    blocs: Mapping[str, Bloc] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    schedules: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    params: Params = field(default_factory=Params)
    theta_sets: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    sources: tuple[Block, ...] = field(default=(), repr=False)
    name: str = ""
    in_equilibrium: bool = True

    @classmethod
    def from_arrays(
        cls,
        *,
        countries: Iterable[str],
        sectors: Iterable[str],
        M: Any,
        theta: Any,
        tau: Any = None,
        gamma: Any = None,
        beta: Any = None,
        specific: Any = None,
        psi: Any = None,
        year: int | None = None,
        sources: Any = None,
        blocs: Iterable[Bloc] = (),
        services: Iterable[str] = (),
        schedules: Mapping[str, Any] | None = None,
        params: Params | None = None,
        theta_sets: Mapping[str, Any] | None = None,
        negative_demand: str = "raise",
        dust: float = DUST,
        name: str = "",
    ) -> World:
        """Build a World from flows, tariffs and input coefficients; everything else is derived and checked.

        Parameters
        ----------
        countries, sectors : labels, in the order of the axes
        M : (importer, exporter, sector) imports at customs value in MUSD, >= 0; own sales on the diagonal
        theta : (sector,) or a number, trade elasticity > 0
        tau : (importer, exporter, sector) or a number, tariff as a fraction (0.05 = 5 %); default 0
        gamma : (country, input, sector) cost share of each input; default none (no input links)
        beta : (country, sector) cost share of value added; default 1 - sum of gamma
        specific : (country, sector) or a number, part of value added earned by a factor that cannot leave the sector
            (oil in the ground; in the short run most of it), 0..1; default 0
        psi : (sector,) or a number, scale elasticity: unit cost falls by psi percent when labour in the sector grows by
            one percent; theta (psi - beta specific) must stay below 1; default 0
        year : base year
        sources : where the numbers came from: {"M": "who, what"} or a list of `Block`
        blocs : trade blocs of the base year; a bloc with `shares` pools its members' import duties
        services : the sectors that are services (no border, no tariff)
        schedules : tariff schedules by name, each (country, sector), NaN where unknown; "mfn" is used by an exit
        params : ranges of uncertain parameters (`theta`)
        theta_sets : other published sets of theta by name, each (sector,), to be shown beside
        negative_demand : "raise", or "clip" (Caliendo and Parro 2015: set negative final demand to zero and
            renormalise; the world is then solved once before any shock)
        dust : flows below this many MUSD are dropped, with a warning; 0 keeps all

        Raises
        ------
        LabelError, SymbolError, IdentityError
            Each names the symbol, the cells and what to do.
        """
        countries, sectors = as_labels(countries, "countries"), as_labels(sectors, "sectors")
        axes = axes_from(countries, sectors)
        given = {"M": M, "tau": tau, "theta": theta, "specific": specific, "psi": psi}
        found = read_inputs(given, gamma, beta, axes, dust)
        service_labels = tuple(services)
        positions(service_labels, sectors, "service sector")
        blocs_ = read_blocs(blocs, countries)
        pool, collection = pool_of(blocs_, countries)
        baseline = derive(found["M"], found["tau"], found["gamma"], found["beta"], pool, collection)
        require_economy(baseline, countries)
        require_mobile(((1 - found["specific"]) * found["beta"] * baseline.Y).sum(axis=1), baseline.V, countries)
        require_stable(found["theta"], found["psi"], found["beta"], found["specific"], baseline.Y, axes)
        baseline, clipped = final_demand(baseline, negative_demand, axes)
        tables = read_schedules(schedules, axes)
        for array in (*found.values(), *baseline, *tables.values()):
            array.setflags(write=False)
        return cls(
            **found,
            countries=countries,
            sectors=sectors,
            year=year,
            baseline=baseline,
            blocs=MappingProxyType(blocs_),
            services=service_labels,
            schedules=MappingProxyType(tables),
            params=check_params(params, sectors),
            theta_sets=MappingProxyType({k: read("theta", v, axes) for k, v in (theta_sets or {}).items()}),
            sources=as_blocks(sources),
            name=name,
            in_equilibrium=not clipped,
        )

    def __getattr__(self, name: str) -> np.ndarray:
        """Derived symbols: `world.X`, `world.pi`, `world.Y`, `world.V`, `world.D`, `world.I`, `world.alpha`, ..."""
        if name != "baseline" and name in Baseline._fields:
            return getattr(self.baseline, name)
        raise AttributeError(f"a World has no {name!r}; symbols: {', '.join(INPUTS + Baseline._fields)}")

    def __getitem__(self, name: str) -> xr.DataArray:
        """Return a symbol with its labels."""
        import xarray as xr

        entry = symbol(name)
        if not hasattr(self, name):
            raise SymbolError(f"{name} is not part of a World; symbols: {', '.join(INPUTS + Baseline._fields)}")
        return xr.DataArray(
            getattr(self, name),
            dims=entry.dims,
            coords={d: list(self.axes[d]) for d in entry.dims},
            name=name,
            attrs={"unit": entry.unit, "long_name": entry.label},
        )

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Labels by full dimension name."""
        return {**axes_from(self.countries, self.sectors), "union": self.unions}

    @property
    def unions(self) -> tuple[str, ...]:
        """Names of the blocs that pool duties."""
        return tuple(name for name, bloc in self.blocs.items() if bloc.shares)

    @cached_property
    def pool(self) -> np.ndarray:
        """(union, country) treaty shares."""
        return pool_of(self.blocs, self.countries)[0]

    @cached_property
    def collection(self) -> np.ndarray:
        """(union,) part of the statutory duty on outside goods that reaches the pool."""
        return pool_of(self.blocs, self.countries)[1]

    @cached_property
    def L(self) -> np.ndarray:
        """(country,) labour income: value added less what immobile factors earn, MUSD."""
        return ((1 - self.specific) * self.beta * self.Y).sum(axis=1)

    @property
    def goods(self) -> np.ndarray:
        """(sector,) true where a sector is not a service."""
        return np.array([s not in self.services for s in self.sectors])

    @property
    def has_inputs(self) -> bool:
        """True when sectors buy inputs from sectors."""
        return bool(self.gamma.any())

    def position(self, country: str) -> int:
        """Return the position of a country, or raise `LabelError` with a suggestion."""
        return int(positions([country], self.countries, "country")[0])

    def rebuilt(self, **changes: Any) -> World:
        """Return a World with some inputs replaced, everything derived again and checked.

        Accepts the arguments of `from_arrays`.
        """
        given = {
            "countries": self.countries,
            "sectors": self.sectors,
            "M": self.M,
            "tau": self.tau,
            "gamma": self.gamma,
            "beta": self.beta,
            "theta": self.theta,
            "specific": self.specific,
            "psi": self.psi,
            "year": self.year,
            "sources": self.sources,
            "blocs": tuple(self.blocs.values()),
            "services": self.services,
            "schedules": self.schedules,
            "params": self.params,
            "theta_sets": self.theta_sets,
            "name": self.name,
            "negative_demand": "raise" if self.in_equilibrium else "clip",
            "dust": DUST if "M" in changes else 0.0,
        }
        return World.from_arrays(**{**given, **changes})

    def with_theta(self, theta: Any) -> World:
        """Return the same World with other trade elasticities; the baseline does not depend on them."""
        return self._with(theta=theta)

    def with_factors(self, *, specific: Any = None, psi: Any = None) -> World:
        """Return the same World in another class of model; the baseline does not depend on it.

        Parameters
        ----------
        specific : (country, sector) or a number, immobile part of value added; default as it is
        psi : (sector,) or a number, scale elasticity; default as it is
        """
        given = {"specific": specific, "psi": psi}
        return self._with(**{name: values for name, values in given.items() if values is not None})

    def _with(self, **given: Any) -> World:
        arrays: dict[str, Any] = {name: read(name, values, self.axes) for name, values in given.items()}
        for array in arrays.values():
            array.setflags(write=False)
        other = replace(self, **arrays)
        require_mobile(other.L, other.V, self.countries)
        require_stable(other.theta, other.psi, other.beta, other.specific, other.Y, self.axes)
        return other

    def without_inputs(self) -> World:
        """Return the World without input links: value added equals output, all spending is final."""
        return self.rebuilt(gamma=None, beta=None)

    def one_sector(self) -> World:
        """Return the World with all sectors added up; see `karvan.aggregate`."""
        from karvan.core.aggregate import aggregate

        return aggregate(self)

    def permuted(self, countries: Sequence[str]) -> World:
        """Return the same World with its countries in another order."""
        order = positions(countries, self.countries, "country")
        if sorted(countries) != sorted(self.countries):
            raise LabelError("permuted: give every country exactly once")
        both = np.ix_(order, order)
        return self.rebuilt(
            countries=tuple(countries),
            M=self.M[both],
            tau=self.tau[both],
            gamma=self.gamma[order],
            beta=self.beta[order],
            specific=self.specific[order],
            schedules={k: v[order] for k, v in self.schedules.items()},
        )

    def check(self) -> Table:
        """Return the accounting identities with their largest gap, where it is, and the tolerance.

        Raises
        ------
        IdentityError
            A gap is above its tolerance. The message holds the table.
        """
        from karvan.core.check import identities

        table = identities(self)
        broken = [row for row in table.rows if row[1] > row[2]]
        if broken:
            raise IdentityError(f"{len(broken)} identity(ies) do not hold: {first_five(r[0] for r in broken)}\n{table}")
        return table

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that a result depends on."""
        return archive.digest(self._arrays(), self._meta(full=False))

    def save(self, path: str | Path) -> None:
        """Write the World to one file (.npz) that `World.load` and `karvan.load` read."""
        archive.write(Path(path), self._arrays(), self._meta(full=True))

    @classmethod
    def load(cls, path: str | Path) -> World:
        """Read a World that `save` wrote; everything derived is derived again and checked."""
        return cls._from_saved(*archive.read(Path(path)))

    @classmethod
    def _from_saved(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> World:
        theta_range: Range | Normal | None = None
        if "theta_low" in arrays:
            mode, low, high = (arrays[f"theta_{part}"] for part in ("mode", "low", "high"))
            theta_range = Range(mode, low, high, **meta["theta_range"])
        elif "theta_mean" in arrays:
            theta_range = Normal(arrays["theta_mean"], arrays["theta_spread"], **meta["theta_range"])
        return cls.from_arrays(
            countries=meta["countries"],
            sectors=meta["sectors"],
            year=meta["year"],
            **{name: arrays[name] for name in INPUTS if name in arrays or name not in OPTIONAL},
            blocs=[Bloc.from_dict(entry) for entry in meta["blocs"]],
            services=meta["services"],
            schedules={k.removeprefix("schedule:"): v for k, v in arrays.items() if k.startswith("schedule:")},
            params=Params(theta=theta_range) if theta_range else Params(),
            theta_sets={k.removeprefix("theta:"): v for k, v in arrays.items() if k.startswith("theta:")},
            sources=[Block(**entry) for entry in meta["sources"]],
            name=meta["name"],
            negative_demand="raise" if meta["in_equilibrium"] else "clip",
            dust=0.0,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to worker processes as its inputs."""
        return World._from_saved, (self._arrays(), self._meta(full=True))

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {name: getattr(self, name) for name in INPUTS}
        arrays = {name: array for name, array in arrays.items() if name not in OPTIONAL or array.any()}
        arrays |= {f"schedule:{name}": schedule for name, schedule in self.schedules.items()}
        arrays |= {f"theta:{name}": values for name, values in self.theta_sets.items()}
        theta = self.params.entries.get("theta")
        if theta is not None:
            parts = ("mode", "low", "high") if isinstance(theta, Range) else ("mean", "spread")
            arrays |= {f"theta_{part}": np.asarray(getattr(theta, part), dtype=float) for part in parts}
        return arrays

    def _meta(self, *, full: bool) -> dict[str, Any]:
        theta = self.params.entries.get("theta")
        law: dict[str, Any] = {} if theta is None else {"source": theta.source}
        if isinstance(theta, Range):
            law["together"] = theta.together
        meta: dict[str, Any] = {
            "countries": self.countries,
            "sectors": self.sectors,
            "year": self.year,
            "blocs": [b.to_dict() for b in self.blocs.values()],
            "services": self.services,
            "in_equilibrium": self.in_equilibrium,
            "theta_range": law,
        }
        return {**meta, "name": self.name, "sources": [b._asdict() for b in self.sources]} if full else meta

    def __repr__(self) -> str:
        size = f"{len(self.countries)} countries x {len(self.sectors)} sectors"
        return f"World({self.name or 'unnamed'}: {size}, {self.year})"


def require_world(given: Any) -> None:
    """Refuse what is no World, such as its name."""
    if not isinstance(given, World):
        raise SymbolError(f"expected a World, got {type(given).__name__}; karvan.load gives one")
