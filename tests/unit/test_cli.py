"""The command line: right words, JSON everywhere, errors in one line with exit code 1, nothing half-written."""

import json
import subprocess
import sys

import pytest

import karvan as kv
from karvan import cli


def test_run_prints_every_country(karvan):
    code, out, _ = karvan("run", "kz-exit-hard")
    assert code == 0
    assert all(c in out for c in kv.load("eurasia-2021").countries)
    assert "largest residual" in out and "deficits fixed" in out


def test_run_json_holds_the_record_and_the_same_numbers(karvan):
    code, out, _ = karvan("run", "kz-exit-soft", "--json", "--deficits", "share")
    data = json.loads(out)
    expected = kv.solve(kv.load("eurasia-2021"), kv.Scenario.read("kz-exit-soft"), deficits="share")
    assert code == 0 and data["record"]["options"]["deficits"] == "share"
    assert data["rows"][0]["real income %"] == pytest.approx(100 * (float(expected["welfare_hat"][0]) - 1))


def test_run_with_draws_shows_a_band_around_the_most_likely_value(karvan):
    _, out, _ = karvan("run", "kz-exit-soft", "--draws", "20", "--json")
    row = json.loads(out)["rows"][0]
    assert row["5 %"] < row["real income %"] < row["95 %"]


def test_results_are_written_and_verify(karvan, tmp_path):
    code, _, err = karvan("run", "kz-exit-soft", "--out", str(tmp_path))
    assert code == 0 and "written" in err
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".csv", ".json", ".npz"]
    record = tmp_path / "kz-exit-soft.record.json"
    assert karvan("verify", str(record))[0] == 0
    loaded = kv.Outcome.load(tmp_path / "kz-exit-soft.outcome.npz")
    assert loaded.record["results"] == json.loads(record.read_text())["results"]


def test_verify_finds_a_changed_number(karvan, tmp_path):
    karvan("run", "kz-exit-soft", "--out", str(tmp_path))
    record = tmp_path / "kz-exit-soft.record.json"
    data = json.loads(record.read_text())
    data["results"]["welfare_hat"]["KAZ"] += 1e-3
    record.write_text(json.dumps(data))
    code, out, _ = karvan("verify", str(record))
    assert code == 1 and "DIFFERENT by 0.001 (KAZ)" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "kz-exit-sfot"], "Did you mean 'kz-exit-soft'"),
        (["run", "kz-exit-soft", "--world", "eurasia"], "no world 'eurasia'"),
        (["run", "kz-exit-soft", "--deficits", "fixd"], "Did you mean 'fixed'"),
        (["brief", "kz-eau"], "no case 'kz-eau'"),
        (["brief", "--out", "brief.docx"], "choose one of these endings"),
        (["brief", "--language", "xx"], "no brief in language 'xx'"),
        (["check", "nowhere"], "no world 'nowhere'"),
        (["verify", "nowhere.json"], "no such file"),
        (["replicate", "cp2015", "--data", "nowhere"], "point --data at the folder"),
        (["replicate", "cp2014", "--data", "nowhere"], "Did you mean 'cp2015'"),
        (["data", "build", "--from", "nowhere"], "no such folder"),
    ],
)
def test_errors_are_one_message_and_exit_code_1(karvan, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = karvan(*words)
    assert code == 1 and message in err and "Traceback" not in err + out
    assert list(tmp_path.iterdir()) == []


def test_usage_errors_have_exit_code_2(karvan):
    assert karvan("run")[0] == 2
    assert karvan("nonsense")[0] == 2


@pytest.mark.parametrize("words", [["symbols"], ["data", "list"], ["check"], ["check", "scenarios/kz-exit-hard.yaml"]])
def test_json_parses(karvan, words, monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    code, out, _ = karvan(*words, "--json")
    assert code == 0 and json.loads(out)


def test_check_shows_flags_and_official_totals(karvan):
    _, out, _ = karvan("check")
    assert all(
        word in out for word in ("observed", "reconciled", "borrowed", "assumed", "KAZ goods exports", "RUS to KAZ")
    )


def test_warnings_are_one_line(tmp_path):
    text = (
        "schema: 1\nname: typo\ntitle: t\nwhy: w\nsource: s\nworld: eurasia-2021\n"
        "shocks:\n  - set_tariff: {importer: KAZ, exporter: CHN, rate: 25}\n"
    )
    (tmp_path / "typo.yaml").write_text(text)
    command = [sys.executable, "-m", "karvan.cli", "run", str(tmp_path / "typo.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("warning: tau: ") and "write 0.25 for 25 %" in done.stderr


def test_brief_as_json(karvan, tmp_path):
    code, out, _ = karvan("brief", "--draws", "3", "--out", str(tmp_path / "b.json"))
    assert code == 0 and "written" in out
    keys = {c["key"] for c in json.loads((tmp_path / "b.json").read_text())["claims"]}
    assert {"income.kz-exit-soft.all.KAZ", "losing.kz-exit-soft", "pool.net"} <= keys


def test_friends_ranks_partners_by_what_their_closing_costs(karvan):
    code, out, _ = karvan("friends", "KAZ", "--json")
    rows = json.loads(out)
    assert code == 0 and len(rows) == len(kv.load("eurasia-2021").countries) - 1
    assert [r["closing"] for r in rows] == sorted(r["closing"] for r in rows)
    assert all(r["closing_low"] <= r["closing"] <= r["closing_high"] < 0 for r in rows)
    code, _, err = karvan("friends", "KZA")
    assert code == 1 and "unknown country: KZA" in err


def test_explain_adds_up_and_covers_every_sector_and_partner(karvan):
    code, out, _ = karvan("explain", "kz-exit-soft", "KAZ", "--json")
    found = json.loads(out)
    world = kv.load("eurasia-2021")
    assert code == 0 and list(found) == ["parts", "largest", "sectors", "partners", "value_added", "border"]
    *parts, total = found["parts"]
    money = kv.solve(world, kv.Scenario.read("kz-exit-soft"))["welfare_money"].sel(country="KAZ").item()
    assert abs(sum(row["MUSD"] for row in parts) - money) < 1e-3 and abs(total["MUSD"] - money) < 1e-3
    assert [row["sector"] for row in found["sectors"]] == list(world.sectors)
    assert {row["partner"] for row in found["partners"]} == set(world.countries) - {"KAZ"}
    code, _, err = karvan("explain", "kz-exit-soft", "KZA")
    assert code == 1 and "unknown country: KZA" in err


def test_explain_of_an_embargo_has_no_parts(karvan, tmp_path):
    """No path of logarithms leads to an infinite cost; everything else is there."""
    path = tmp_path / "closed.yaml"
    path.write_text(
        "schema: 1\nname: closed\ntitle: No trade\nwhy: test\nsource: none\nworld: eurasia-2021\n"
        "shocks:\n  - embargo: {between: [KAZ, GEO], sectors: all}\n"
    )
    code, out, _ = karvan("explain", str(path), "KAZ", "--json")
    assert code == 0 and list(json.loads(out)) == ["parts", "sectors", "partners", "value_added"]
    assert "infinite" in json.loads(out)["parts"][0]["no parts"]


def test_replicate_lists_the_papers_and_solves_one(karvan):
    code, out, _ = karvan("replicate")
    assert code == 0 and "cp2015" in out and "deficits: purge | fixed" in out
    code, out, _ = karvan("replicate", "acr", "--json")
    assert code == 0 and {row["verdict"] for row in json.loads(out)} == {"agrees"}
    code, _, err = karvan("replicate", "acr", "--deficits", "fixed")
    assert code == 1 and "takes no option 'deficits'" in err


def test_tariffs_of_a_war_as_in_python(karvan):
    code, out, _ = karvan("tariffs", "CHN", "USA", "--mfn", "--json")
    expected = kv.nash_tariffs(kv.load("eurasia-2021"), ["CHN", "USA"], mfn=True)
    assert code == 0 and [row["importer"] for row in json.loads(out)] == ["CHN", "USA"]
    assert json.loads(out) == expected.table().to_dicts()


def test_tariffs_after_a_scenario(karvan):
    code, out, _ = karvan("tariffs", "KAZ", "--scenario", "kz-exit-hard", "--partners", "RUS")
    assert code == 0 and "Tariffs chosen by KAZ" in out


def test_a_library_that_is_not_installed_is_named_with_its_extra(karvan, monkeypatch, tmp_path):
    (tmp_path / "flows.csv").write_text("exporter,importer,year,trade,rta\nA,B,2000,1,0\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "karvan.estimate.gravity", None)
    monkeypatch.setattr(cli, "EXTRAS", {"estimate": ("karvan",)})
    code, _, err = karvan("gravity", str(tmp_path / "flows.csv"), "--on", "rta")
    assert code == 1 and "pip install 'karvan[estimate]'" in err and "Traceback" not in err


def test_every_extra_names_libraries_that_its_extra_installs():
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    distribution = {"sdmx": "sdmx1", "vl_convert": "vl-convert-python"}
    for extra, names in cli.EXTRAS.items():
        listed = " ".join(project["optional-dependencies"][extra])
        assert all(distribution.get(name, name) in listed for name in names)
