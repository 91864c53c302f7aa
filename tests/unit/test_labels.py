from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from worlds import random_world

from karvan import Change, LabelError, SymbolError, World
from karvan.core.errors import first_five
from karvan.core.labels import as_labels, cells, positions, suggest, to_array

AXES = {"country": ("KAZ", "RUS", "KGZ"), "sector": ("oil", "food")}


def labelled(countries: list[str], dims: tuple[str, ...] = ("country", "sector")) -> xr.DataArray:
    return xr.DataArray(np.zeros((3, 2)), dims=dims, coords={dims[0]: countries, dims[1]: ["oil", "food"]})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["KAZ", "RUS", "KAZ"], r"countries: 1 duplicate label\(s\): KAZ; every label must occur once"),
        (["KAZ", " "], r"countries: 1 empty label\(s\) at position 1"),
        ([], "countries: no labels given"),
        ("KAZ", "expected a list of labels, got the single text 'KAZ'"),
    ],
)
def test_bad_labels_are_refused(given: list[str], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        as_labels(given, "countries")


def test_suggestions() -> None:
    assert suggest("KAX", ["KAZ", "RUS"]) == " Did you mean 'KAZ'?"
    assert suggest("kaz", ["KAZ", "RUS"]) == " Did you mean 'KAZ'?"
    assert suggest("Gravity/EAEU", ["gravity/eu", "gravity/eaeu"]) == " Did you mean 'gravity/eaeu'?"
    assert suggest("gravity", ["gravity/eu", "gravity/eaeu"]) == " Known: gravity/eu, gravity/eaeu."
    assert suggest("nothing", ["KAZ", "RUS"]) == " Known: KAZ, RUS."
    assert suggest("x", [f"C{i:03d}" for i in range(50)]).endswith("C004 and 45 more.")
    with pytest.raises(LabelError, match=r"unknown country: KAX\. Did you mean 'KAZ'"):
        positions(["RUS", "KAX"], AXES["country"], "country")
    assert positions(["KGZ", "KAZ"], AXES["country"], "country").tolist() == [2, 0]


def test_first_five_and_cells_say_how_many_more() -> None:
    assert first_five(range(5)) == "0, 1, 2, 3, 4"
    assert first_five(range(7)) == "0, 1, 2, 3, 4 and 2 more"
    mask = np.zeros((3, 2), dtype=bool)
    mask[0, 1] = True
    assert cells(mask, [AXES["country"], AXES["sector"]]) == "(KAZ, food)"


@pytest.mark.parametrize(
    ("countries", "message"),
    [
        (["RUS", "KAZ", "KGZ"], r"beta: country labels are in another order; use .reindex\(country=...\)"),
        (["KAZ", "RUS", "ARM"], r"beta: country labels differ: 1 missing \(KGZ\), 1 unknown \(ARM\)"),
    ],
)
def test_labelled_arrays_must_match_exactly(countries: list[str], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        to_array(labelled(countries), "beta", ("country", "sector"), AXES)


def test_labelled_arrays_with_other_dims_or_none() -> None:
    with pytest.raises(LabelError, match=r"dims \('exporter', 'sector'\), expected \('country', 'sector'\)"):
        to_array(labelled(list(AXES["country"]), ("exporter", "sector")), "beta", ("country", "sector"), AXES)
    bare = xr.DataArray(np.zeros((3, 2)), dims=("country", "sector"))
    with pytest.raises(LabelError, match="dimension 'country' has no labels"):
        to_array(bare, "beta", ("country", "sector"), AXES)


def test_labelled_arrays_may_come_with_axes_transposed() -> None:
    values = labelled(list(AXES["country"])) + xr.DataArray([1.0, 2.0, 3.0], dims="country")
    np.testing.assert_array_equal(to_array(values.T, "beta", ("country", "sector"), AXES)[:, 0], [1, 2, 3])


def test_shapes_are_named() -> None:
    with pytest.raises(SymbolError, match=r"beta: shape \(2, 3\), expected \(3, 2\) \(country=3 x sector=2\)"):
        to_array(np.zeros((2, 3)), "beta", ("country", "sector"), AXES)
    with pytest.raises(SymbolError, match="not an array of numbers"):
        to_array([["a", "b"]], "beta", ("country", "sector"), AXES)
    with pytest.raises(SymbolError, match="shape"):
        to_array(0.5, "beta", ("country", "sector"), AXES)


def test_a_missing_country_in_a_change_raises() -> None:
    world = random_world(1, 4, 2)
    tau = world["tau"]
    with pytest.raises(LabelError, match=r"importer labels differ: 1 missing \(C03\)"):
        _effect(world, tau.isel(importer=slice(0, 3)))
    with pytest.raises(LabelError, match="another order"):
        _effect(world, tau.isel(importer=[1, 0, 2, 3]))


def _effect(world: World, tau: xr.DataArray) -> object:
    from karvan.core.change import effect

    return effect(world, Change(tau_new=tau))
