"""Shocks: functions from a World to a Change, one per key of the scenario files."""

from karvan.shocks.bloc import join_bloc, leave_bloc
from karvan.shocks.friction import embargo, friction
from karvan.shocks.tariff import set_tariff

__all__ = ["embargo", "friction", "join_bloc", "leave_bloc", "set_tariff"]
