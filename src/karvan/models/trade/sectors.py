"""One country of an outcome, sector by sector or partner by partner, before and after."""

from __future__ import annotations

import numpy as np

from karvan.core.outcome import Outcome
from karvan.core.table import Table
from karvan.models.trade.value_added import gross_exports

SECTOR_COLUMNS = (
    "sector",
    "output",
    "output_new",
    "output_percent",
    "employment_share",
    "labour_percent",
    "cost_percent",
    "price_percent",
    "exports",
    "exports_new",
    "imports",
    "imports_new",
    "value_added",
    "value_added_new",
)
PARTNER_COLUMNS = (
    "partner",
    "exports",
    "exports_new",
    "exports_percent",
    "imports",
    "imports_new",
    "imports_percent",
)


def sector_results(outcome: Outcome, country: str) -> Table:
    """Return one row per sector of a country: output, labour, prices, trade and value added, before and after.

    Money is MUSD, exports and imports at customs value without own sales. `employment_share` is the sector's percent of
    the country's labour before, `labour_percent` the change of labour in the sector (output over wage). `cost_percent`
    is the change in the price of the country's own goods, `price_percent` of what its buyers pay; both relative to the
    numeraire, the world's wage bill. A number that does not exist (the price of goods nobody makes) is None.
    """
    world, v = outcome.world, outcome.values
    n = world.position(country)
    Y, Y_new, beta = world.Y[n], v["Y_new"][n], world.beta[n]
    labour = (1 - world.specific[n]) * beta * Y
    made, bought = Y > 0, world.X[n] > 0
    columns = (
        Y,
        Y_new,
        _percent(Y_new, Y),
        100 * labour / labour.sum(),
        np.where(made, 100 * (v["L_hat"][n] - 1), np.nan),
        np.where(made, 100 * (v["c_hat"][n] - 1), np.nan),
        np.where(bought, 100 * (v["P_hat"][n] - 1), np.nan),
        gross_exports(world.M)[n],
        gross_exports(v["M_new"])[n],
        _imports(world.M, n).sum(axis=0),
        _imports(v["M_new"], n).sum(axis=0),
        beta * Y,
        beta * Y_new,
    )
    title = f"Sectors of {country}: MUSD and percent; deficits {outcome.deficits}{_state(outcome)}"
    return Table(SECTOR_COLUMNS, _rows(world.sectors, columns), title)


def partner_results(outcome: Outcome, country: str) -> Table:
    """Return one row per partner of a country: exports and imports at customs value, before and after."""
    world, M_new = outcome.world, outcome.values["M_new"]
    n = world.position(country)
    others = np.flatnonzero(np.arange(len(world.countries)) != n)
    sold, sold_new = (M[others, n].sum(axis=1) for M in (world.M, M_new))
    bought, bought_new = (M[n, others].sum(axis=1) for M in (world.M, M_new))
    columns = (sold, sold_new, _percent(sold_new, sold), bought, bought_new, _percent(bought_new, bought))
    title = f"Partners of {country}: MUSD and percent; deficits {outcome.deficits}{_state(outcome)}"
    return Table(PARTNER_COLUMNS, _rows([world.countries[i] for i in others], columns), title)


def _imports(M: np.ndarray, n: int) -> np.ndarray:
    return np.delete(M[n], n, axis=0)


def _percent(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    some = old > 0
    return np.where(some, 100 * (new / np.where(some, old, 1.0) - 1), np.nan)


def _rows(
    labels: tuple[str, ...] | list[str], columns: tuple[np.ndarray, ...]
) -> tuple[tuple[str | float | None, ...], ...]:
    return tuple(
        (label, *(None if np.isnan(column[i]) else float(column[i]) for column in columns))
        for i, label in enumerate(labels)
    )


def _state(outcome: Outcome) -> str:
    return "" if outcome.converged else "  [NOT CONVERGED]"
