"""Commands on what countries report of each other: mirror, check-figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from karvan.cli.show import Json, busy, print_json

Data = Annotated[Path | None, typer.Option(help="Folder of raw files; default: the evidence that comes with karvan.")]


def mirror(
    country: Annotated[str | None, typer.Argument(help="Country by code or name; default: flags of all.")] = None,
    year: Annotated[int | None, typer.Option(help="Default: the latest.")] = None,
    data: Data = None,
    top: Annotated[int, typer.Option(min=1, help="Rows of each table.")] = 20,
    json: Json = False,
) -> None:
    """Reports of both sides beside each other, gaps, quality, reconciled flows, flags.

    Example: karvan mirror KAZ --year 2023
    """
    from karvan.data.evidence_mirror import country as code
    from karvan.data.mirror_tables import tables

    asked = None if country is None else code(country)
    found, shown = _reconciled(data, year)
    parts = tables(found, shown, asked, top)
    if json:
        print_json({"year": shown, "notes": list(found.notes), **{k: t.to_dicts() for k, t in parts.items()}})
        return
    typer.echo("\n\n".join(str(t) for t in parts.values()))
    typer.echo("\n" + "\n".join(f"note: {n}" for n in found.notes))


def check_figure(
    reporter: Annotated[str, typer.Argument(help="Whose exports or imports.")],
    partner: Annotated[str, typer.Argument(help="To or from whom.")],
    year: Annotated[int, typer.Argument(help="Year.")],
    flow: Annotated[str, typer.Argument(help="exports or imports, of the reporter.")],
    value: Annotated[str, typer.Argument(help="USD, as 8.2e9, or 8.2bn, 703m.")],
    product: Annotated[str | None, typer.Option(help="Refused: the data hold totals.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Check a figure of trade against the reports of both sides.

    The exit status is 0 whatever the verdict; a script reads `verdict` from --json.

    Example: karvan check-figure KAZ CHN 2021 imports 8.2e9
    """
    from karvan.data.evidence_mirror import SHIPPED
    from karvan.data.evidence_mirror import check_figure as check

    with busy("reading reports"):
        found = check(reporter, partner, year, flow, usd(value), product=product, data=data)
    if json:
        print_json(
            {
                "verdict": found.verdict,
                "sentence": found.sentence,
                "rules": list(found.rules),
                "rows": found.table.to_dicts(),
            }
        )
        return
    typer.echo(f"{found}\nnote: {SHIPPED if data is None else f'raw files of {data}'}")


def usd(text: str) -> float:
    """USD as people write them: 8.2e9, 8.2bn, 703m; a decimal comma is refused, because 8,200 is two numbers.

    Raises
    ------
    SourceError
        Not such a number.
    """
    from karvan.core.errors import SourceError

    word = text.strip().casefold().removesuffix("usd").strip()
    for end, size in (("bn", 1e9), ("m", 1e6), ("", 1.0)):
        if word.endswith(end):
            try:
                return float(word.removesuffix(end)) * size
            except ValueError:
                break
    raise SourceError(f"value {text!r} is no number of USD: write 8.2e9, 8.2bn or 703m, with a decimal point")


def _reconciled(data: Path | None, year: int | None) -> tuple[Any, int]:
    from karvan.data.evidence_mirror import latest_year
    from karvan.data.evidence_mirror import mirror as read

    with busy("reconciling reports"):
        one = latest_year(data) if year is None else year
        return read(data, one), one
