"""Exchange rates with a known link, for tests: one frame in the layout that `kv.currency` reads."""

from __future__ import annotations

import numpy as np
import pandas as pd


def linked_rates(
    n: int = 400,
    response: tuple[float, ...] = (0.3, 0.2),
    noise: float = 0.005,
    seed: int = 0,
    start: str = "2010-01-01",
) -> pd.DataFrame:
    """Weekly rates of OWN, NEI, oil, dollar: our log move is the sum of response[j] x the neighbour's j weeks ago."""
    rng = np.random.default_rng(seed)
    dx = 0.02 * rng.standard_t(5, n + len(response))
    oil, dollar = 0.03 * rng.standard_normal(n), 0.005 * rng.standard_normal(n)
    dy = noise * rng.standard_t(5, n) - 0.05 * oil + 0.4 * dollar
    for j, b in enumerate(response):
        dy = dy + b * dx[len(response) - j : len(response) - j + n]
    moves = {"OWN": dy, "NEI": dx[len(response) :], "BRENT": oil, "DOLLAR": dollar}
    at = {"OWN": 300.0, "NEI": 60.0, "BRENT": 70.0, "DOLLAR": 100.0}
    dates = pd.date_range(start, periods=n, freq="W-FRI").strftime("%Y-%m-%d")
    parts = [
        pd.DataFrame({"date": dates, "currency": code, "per_usd": at[code] * np.exp(np.cumsum(moves[code]))})
        for code in moves
    ]
    return pd.concat(parts, ignore_index=True)
