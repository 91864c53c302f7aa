"""Mirror statistics: the reports of both sides of a flow, how good they are, and what they say together."""

from karvan.estimate.mirror.reconcile import Reconciliation, reconcile
from karvan.estimate.mirror.thresholds import Thresholds

__all__ = ["Reconciliation", "Thresholds", "reconcile"]
