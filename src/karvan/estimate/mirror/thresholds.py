"""What counts as too much: every threshold of the reconciliation in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of `reconcile`; the same for every country. Assumed, and judged by the planted errors in the docs.

    floor_musd : flows below this are neither used to estimate nor flagged
    margin_floor_musd : flows below this say nothing of the margin: their reports scatter too much
    least_pairs : pairs with both reports that the margin's regression needs; with fewer the margin is `assumed_margin`
    assumed_margin, margin_low, margin_high : cif/fob where it cannot be estimated, and its bounds where it can;
        6 % is the world mean of Miao and Fortanier (2017, OECD Statistics Working Papers 2017/04)
    cap_log : |log ratio| of reports counts at most this much for quality; gross errors are for the flags
    quoted_musd : size of flow at which quality is quoted; smaller flows are noisier, by an estimated power
    prior_pairs : weight of the mean reporter, in pairs, when a reporter's quality is estimated from few
    gdp_share, total_share : a pair's flow over the smaller GDP; a country's total trade one way over its GDP
    large_musd : what is "large" where both sides report nothing
    zero_spreads : a silent pair is large when the expectation less this many spreads is
    one_sided_musd : a flow that one side reports at this size and the other not at all
    gap_spreads, gap_factor, gap_musd : reports apart by so many of their spreads, by this factor and this much money
    compiled_factor, compiled_musd : a compiler's figure away from a country's own report by this factor and size
    jump_factor, jump_share, jump_years : a partner's share away from that of a year at most so many years earlier by
        this factor and this part of the total
    other_factor, other_share : the same where the earlier share comes from another source than the reporter
    gravity_spreads, gravity_factor, gravity_musd : a flow away from its expectation by so many spreads, by this factor
        and by this much money
    range_spreads : half width of ranges in standard errors; 1.645 for 90 %
    """

    floor_musd: float = 1.0
    margin_floor_musd: float = 10.0
    least_pairs: int = 40
    assumed_margin: float = 1.06
    margin_low: float = 1.0
    margin_high: float = 1.4
    cap_log: float = 3.0
    quoted_musd: float = 100.0
    prior_pairs: float = 4.0
    gdp_share: float = 1.0
    total_share: float = 1.2
    large_musd: float = 100.0
    zero_spreads: float = 1.645
    one_sided_musd: float = 20.0
    gap_spreads: float = 4.0
    gap_factor: float = 2.0
    gap_musd: float = 10.0
    compiled_factor: float = 2.0
    compiled_musd: float = 50.0
    jump_factor: float = 5.0
    jump_share: float = 0.02
    jump_years: int = 3
    other_factor: float = 10.0
    other_share: float = 0.05
    gravity_spreads: float = 3.5
    gravity_factor: float = 10.0
    gravity_musd: float = 10.0
    range_spreads: float = 1.645
