"""Public and external debt of a country: where it goes, what it costs, whose it is."""

from karvan.macro.debt.backtest import Backtest, backtest_debt, backtest_origins
from karvan.macro.debt.claims import Checked, check_claims, claims_table
from karvan.macro.debt.equation import Inputs, Shift, debt_paths, parts, stabilising_balance
from karvan.macro.debt.face import debt
from karvan.macro.debt.files import read_debt
from karvan.macro.debt.owes import Owes, owes_over_time, who_owes
from karvan.macro.debt.result import Debt
from karvan.macro.debt.summary import net_position

__all__ = [
    "Backtest",
    "Checked",
    "Debt",
    "Inputs",
    "Owes",
    "Shift",
    "backtest_debt",
    "backtest_origins",
    "check_claims",
    "claims_table",
    "debt",
    "debt_paths",
    "net_position",
    "owes_over_time",
    "parts",
    "read_debt",
    "stabilising_balance",
    "who_owes",
]
