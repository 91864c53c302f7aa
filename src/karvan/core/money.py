"""Money in words, one way for every sentence."""

from __future__ import annotations

LARGEST = 1e9  # MUSD; beyond it a number is written as a power of ten


def words(musd: float) -> str:
    """Say million USD in words: 14.4 bn USD, 703 m USD, 4.3 m USD, 430 th USD, 74 USD, 1e+30 USD."""
    if musd >= LARGEST:
        return f"{musd * 1e6:.3g} USD"
    for size, unit in ((1e3, "bn"), (1.0, "m"), (1e-3, "th")):
        if musd >= size:
            shown = musd / size
            return f"{shown:,.1f} {unit} USD" if size == 1e3 or shown < 10 else f"{shown:.0f} {unit} USD"
    return f"{musd * 1e6:.0f} USD" if musd == 0 or musd >= 1e-6 else f"{musd * 1e6:.3g} USD"


def ratio(one: float, other: float) -> str:
    """Say how much of the other the first is: 3 % more than, 4.2 times, 60 % of."""
    times = one / other
    if 1 < times < 1.95:
        return f"{100 * (times - 1):.2g} % more than"
    if times > 1:
        return f"{times:.3g} times"
    return f"{100 * times:.3g} % of"
