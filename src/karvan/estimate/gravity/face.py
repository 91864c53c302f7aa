"""`gravity`: from a table of flows to estimates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from karvan._version import __version__
from karvan.estimate.gravity import plan as plans
from karvan.estimate.gravity.bias import Correction, correction, laid_out
from karvan.estimate.gravity.engine import Fitted, estimate
from karvan.estimate.gravity.result import GravityFit
from karvan.estimate.gravity.sample import Sample, sample

THREE_WAY = "exporter-year importer-year pair"


def gravity(
    data: Any,
    flow: str = "trade",
    *,
    on: str | Sequence[str] = (),
    exporter: str = "exporter",
    importer: str = "importer",
    year: str = "year",
    effects: str | Sequence[str] = THREE_WAY,
    domestic: bool | None = None,
    years: Sequence[int] | None = None,
    border_year: bool = False,
    leads: Mapping[str, Any] | None = None,
    lags: Mapping[str, Any] | None = None,
    outside: str = "drop",
    cluster: str | Sequence[str] = "pair",
    estimator: str = "ppml",
    bias_correction: bool = False,
    missing: str = "refuse",
    small_sample: str = "clusters",
    tol: float = 1e-8,
    max_steps: int = 50,
    source: str = "",
) -> GravityFit:
    """Estimate a gravity equation with fixed effects.

    M_ijt = exp(x_ijt b + exporter-time + importer-time + pair) error

    by Poisson pseudo maximum likelihood (Santos Silva and Tenreyro 2006), which keeps zero flows, or by least squares
    on logs. Observations that no finite estimate can fit (separation: Correia, Guimaraes and Zylkin 2020) and groups
    of one observation are found and left out; the result says how many.

    Parameters
    ----------
    data : path of a .csv or .parquet file, or a frame of pandas, polars or pyarrow; one row per flow
    flow : column with trade, >= 0, any unit
    on : regressors: columns, or log(column); "rta log(dist)" or a list
    exporter, importer, year : columns that name a flow; years are whole numbers
    effects : words of exporter, importer, year, pair (exporter-importer), dyad (the same both ways) or any column of
        the table, joined by -; such as "exporter-year importer-year pair" or "exporter-year-sector pair-sector"
    domestic : True keeps rows with exporter = importer, False leaves them out; must be said where the table has them
    years : years to estimate on; leads and lags are looked up in all years of the table first
    border_year : one dummy per year for crossing a border (Yotov and others 2016); needs domestic sales; with pair
        effects the last year is the base
    leads, lags : {column: years or list of years}; they enter as column_lead4, column_lag4
    outside : a lead or lag beyond the table's first or last year: "drop" leaves the row out, "hold" takes the value of
        that first or last year
    cluster : one or two groups, as in effects; "" gives errors robust to heteroskedasticity only
    estimator : "ppml" or "ols"
    bias_correction : take off the bias of three-way PPML and of its clustered errors (Weidner and Zylkin 2021)
    missing : rows without a value: "refuse" names them, "drop" leaves them out
    small_sample : factor of the clustered covariance: "clusters" G/(G-1); "parameters" also (N-1)/(N-k), with k
        counted as the program fixest does
    tol, max_steps : relative change of the deviance at which iterations end; largest number of them
    source : what to cite for the estimate

    Returns
    -------
    GravityFit

    Raises
    ------
    SourceError
        Faults of the table, all at once: missing columns, negative or missing flows, repeated flows, years a lag needs;
        regressors that the effects absorb; too few observations.
    ConvergenceError
        The iterations did not end; nothing is returned.
    """
    plan = plans.check(
        plans.Plan(
            flow=flow,
            exporter=exporter,
            importer=importer,
            year=year,
            on=plans.words(on, "on"),
            effects=plans.words(effects, "effects"),
            cluster=plans.words(cluster, "cluster"),
            shifts=plans.shifts(leads, lags),
            domestic=domestic,
            border_year=border_year,
            years=None if years is None else tuple(int(y) for y in years),
            outside=outside,
            estimator=estimator,
            missing=missing,
            small_sample=small_sample,
            bias_correction=bias_correction,
        )
    )
    drawn = sample(data, plan)
    found = estimate(drawn, plan, tol, max_steps)
    return _result(found, drawn, plan, source)


def _result(found: Fitted, drawn: Sample, plan: plans.Plan, source: str) -> GravityFit:
    used, bias, covariance = found.used, np.zeros_like(found.b), found.covariance
    exact = None
    if plan.bias_correction:
        bias, covariance, exact = _corrected(found)
    return GravityFit(
        names=used.names,
        b=found.b - bias,
        covariance=covariance,
        observations=len(used.rows),
        left_out={**drawn.left_out, "separated": found.separated, "singletons": found.singletons},
        effects=plan.effects,
        cluster=plan.cluster,
        clusters=found.clusters,
        estimator=plan.estimator,
        fit=found.fit,
        rows=used.rows,
        fitted=found.fitted,
        bias=bias,
        se_uncorrected=np.sqrt(np.diag(found.covariance)),
        record=_record(drawn, plan, found.b - bias, source, exact),
    )


def _corrected(found: Fitted) -> Correction:
    codes = found.used.codes
    y = found.used.columns["y"].to_numpy()
    return correction(laid_out(y, found.fitted, found.X_within, codes["exporter"], codes["importer"], codes["year"]))


def _record(drawn: Sample, plan: plans.Plan, b: np.ndarray, source: str, exact: bool | None) -> dict[str, Any]:
    digest = hashlib.sha256()
    for name in drawn.columns.columns:
        digest.update(np.ascontiguousarray(drawn.columns[name].to_numpy()))
    return {
        "karvan": __version__,
        "pyfixest": version("pyfixest"),
        "options": plan.options(),
        "data_sha256": digest.hexdigest(),
        "source": source,
        "leverage": {None: "none", True: "exact", False: "own blocks"}[exact],
        "results": dict(zip(drawn.names, b.tolist(), strict=True)),
    }
