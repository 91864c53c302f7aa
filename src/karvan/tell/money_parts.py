"""The parts of a brief on the money of a country, in their order: the fund and the oil, the debt, the currency."""

from __future__ import annotations

from karvan.tell.currency import currency
from karvan.tell.debt import debt
from karvan.tell.fund import fund

MONEY = (fund, debt, currency)
