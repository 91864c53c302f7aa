"""Nodes, derivative, weights and interpolation are exact for polynomials."""

from __future__ import annotations

import numpy as np
import pytest

from karvan.models.trade import chebyshev


@pytest.mark.parametrize("n", [2, 8, 16])
def test_exact_for_polynomials(n: int) -> None:
    t = chebyshev.nodes(n)
    powers = range(n + 1)
    for p in powers:
        np.testing.assert_allclose(chebyshev.derivative(n) @ t**p, p * t ** max(p - 1, 0), atol=1e-11)
        assert chebyshev.weights(n) @ t**p == pytest.approx(1 / (p + 1), abs=1e-14)
        assert chebyshev.interpolation(n, 0.3) @ t**p == pytest.approx(0.3**p, abs=1e-12)


def test_grids_are_nested_and_span_the_interval() -> None:
    np.testing.assert_allclose(chebyshev.nodes(16)[::2], chebyshev.nodes(8), atol=1e-16)
    assert chebyshev.nodes(8)[[0, 4, 8]] == pytest.approx([0, 0.5, 1])
