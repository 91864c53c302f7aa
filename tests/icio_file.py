"""Writes inter-country input-output files in the documented layout from a known World: numbers invented, sums true.

No file of the OECD can be shipped, so these stand for it: rows CCC_IND, TLS, VA, OUT; columns CCC_IND, CCC_HFCE, OUT.
China may be split into CN1 and CN2 and Mexico into MX1 and MX2 (their own CHN and MEX rows then hold zeros).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan import World

CATEGORIES = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")
SPLIT = {"CHN": ("CN1", "CN2"), "MEX": ("MX1", "MX2")}
ENDS = ("TLS", "VA", "OUT")


class Raw(NamedTuple):
    """A table as it lies in a file: labels and cells, the last three rows TLS, VA, OUT, the last column OUT."""

    rows: list[str]
    columns: list[str]
    cells: np.ndarray

    def write(self, path: Path) -> Path:
        """Write the CSV with all digits."""
        head = ",".join(["V1", *self.columns])
        lines = (",".join([name, *map(repr, row.tolist())]) for name, row in zip(self.rows, self.cells, strict=True))
        path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        return path

    def at(self, row: str, column: str) -> tuple[int, int]:
        return self.rows.index(row), self.columns.index(column)


def raw(world: World, seed: int = 0, *, split: bool = True, drawn: float = 0.0) -> Raw:
    """Return a table whose World, at the same tariffs, is `world`.

    Parameters
    ----------
    split : write China and Mexico in two parts, with empty rows and columns under their own code
    drawn : up to this part of household consumption is added to it and taken out of inventories, so that the sum over
        categories stays and inventories are negative
    """
    rng = np.random.default_rng(seed)
    N, J = len(world.countries), len(world.sectors)
    basic = np.divide(world.pi, 1 + world.tau)  # (n, i, k) at basic prices per unit of spending
    use = world.gamma * world.Y[:, None, :]  # (n, k, j)
    Z = np.einsum("nik,nkj->iknj", basic, use).reshape(N * J, N * J)
    duty = np.einsum("nik,nik,nkj->nj", basic, world.tau, use).ravel()
    parts = rng.dirichlet(np.ones(len(CATEGORIES)), (N, J))
    parts[..., 4] -= (moved := drawn * rng.uniform(0, 2, (N, J)) * parts[..., 0])
    parts[..., 0] += moved
    F = np.einsum("nik,nk,nkc->iknc", basic, world.alpha * world.I[:, None], parts).reshape(N * J, -1)
    Y = world.Y.ravel()
    TLS = duty + 0.05 * (Y - Z.sum(axis=0) - duty) * rng.uniform(-1, 1, N * J)
    VA = Y - Z.sum(axis=0) - TLS
    names = [f"{c}_{s}" for c in world.countries for s in world.sectors]
    finals = [f"{c}_{f}" for c in world.countries for f in CATEGORIES]
    body = np.hstack([Z, F, Y[:, None]])
    wedge = 0.1 * F.sum(axis=0) * rng.uniform(0, 1, F.shape[1])
    foot = np.zeros((3, body.shape[1]))
    foot[0, :-1], foot[1, : N * J], foot[2, : N * J] = np.append(TLS, wedge), VA, Y
    table = Raw([*names, *ENDS], [*names, *finals, "OUT"], np.vstack([body, foot]))
    return _split(table, rng) if split else table


def _split(table: Raw, rng: np.random.Generator) -> Raw:
    """Split the sectors of China and Mexico in two, by row and by column; their own codes stay with zeros."""
    rows, cells = _parts(table.rows, table.cells, rng)
    industries = [c for c in table.columns if c.rsplit("_", 1)[-1] not in CATEGORIES and c != "OUT"]
    count = len(industries)
    columns, left = _parts(industries, cells[:, :count].T, rng)
    return Raw(rows, [*columns, *table.columns[count:]], np.hstack([left.T, cells[:, count:]]))


def _parts(names: list[str], cells: np.ndarray, rng: np.random.Generator) -> tuple[list[str], np.ndarray]:
    body = [n for n in names if n not in ENDS]
    out_names, out = list(body), [np.where(n[:3] in SPLIT, 0.0, cells[i]) for i, n in enumerate(body)]
    for i, name in enumerate(body):
        if name[:3] in SPLIT:
            first = cells[i] * rng.uniform(0.2, 0.8)
            for code, values in zip(SPLIT[name[:3]], (first, cells[i] - first), strict=True):
                out_names.append(code + name[3:])
                out.append(values)
    for i, name in enumerate(names):
        if name in ENDS:
            out_names.append(name)
            out.append(cells[i])
    return out_names, np.array(out)
