"""
The promises to those who contribute, through the real commands, down to the public bytes.

Groups are counted here by plain loops over the rows, which share nothing with the package.
"""

import copy
import hashlib
import json
import random
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from pkimm_analytics.cli import app
from pkimm_analytics.collection import Collection
from pkimm_analytics.disclosure import read_history
from pkimm_analytics.disclosure.policy import read_settings
from pkimm_analytics.organization import broader_codes
from tests.collection.invented import invented_table
from tests.disclosure.population import population
from tests.planted import planted_assessment

DIMENSIONS = ("sector", "size", "region", "role", "assurance", "edition")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder of its own and give back its result."""
    monkeypatch.setenv("PKIMM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PKIMM_PSEUDONYM_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def released(run, place, quarter="2026Q3", **options):
    """Publish what a place holds into folders of its own, and return its public bytes."""
    more = [text for name, value in options.items() for text in (f"--{name}", value)]
    places = ("-c", place / "c", "-o", place / "r", "--private", place / "p")
    done = run("release", *places, "--quarter", quarter, *more)
    assert done.exit_code == 0, done.output
    return public_bytes(place)


def public_bytes(place):
    """SHA-256 of every public file by its path."""
    files = sorted(path for path in (place / "r").rglob("*") if path.is_file())
    return {
        path.relative_to(place / "r").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


# --- no configuration publishes a cohort below the threshold ------------------------------------

SETTINGS = read_settings(None, "disclosure.yaml")
REASON = {"reason": "Agreed by the working group for a test.", "approved_by": "chair"}
ODD = [None, "", "10", "Zorbax", True, -1, 0, 10**9, 4.5, float("nan"), float("inf"), [], {}, [5]]
POSSIBLE = {
    "threshold": [5, 6, 10, 12, 17],
    "bands": [[5, 10, 20, 50], [10, 20, 50, 100], [10, 30, 90]],
    "changes": [3, 5, 9],
    "tail": [3, 5],
    "age_months": [0, 3, 6],
    "window_months": [3, 24, 48],
    "rounds": [1, 20],
    "steps_percent": [[1, 2, 5, 10, 20, 50], [10, 20, 50]],
    "assessor_percent": [1, 50, 100],
    "parent_percent": [1, 25, 50],
    "override": [None, REASON],
}


def configuration(seed):
    """Policy with up to five settings changed to possible or odd values."""
    draw = random.Random(seed)  # noqa: S311  # cases of a test
    settings = copy.deepcopy(SETTINGS) | {"override": REASON if seed % 3 else None}
    for name in draw.sample(sorted(POSSIBLE), draw.randint(1, 5)):
        settings[name] = draw.choice(ODD if draw.random() < 0.1 else POSSIBLE[name])
    if draw.random() < 0.1:
        settings.pop(draw.choice(sorted(settings)))
    if isinstance(settings.get("threshold"), int) and settings["threshold"] < 10:
        settings["bands"] = [5, 10, 20, 50]
    return settings


def contributors(rows, group):
    """Number of parents in a group, counted one by one."""
    from pkimm_analytics.disclosure import load_plan
    from pkimm_analytics.disclosure.plan import published_code

    plan, found = load_plan(), set()
    for row in rows:
        codes = [published_code(plan, d, row[d]) for d in DIMENSIONS]
        names = [broader_codes(d, own) | {own} for d, own in zip(DIMENSIONS, codes, strict=True)]
        if all(code in known for code, known in zip(group, names, strict=True)):
            found.add(row["parent"])
    return len(found)


@pytest.mark.parametrize("first", range(0, 24, 12))
def test_no_configuration_publishes_a_cohort_below_the_threshold(run, tmp_path, first):
    """
    Valid or not: the command refuses it, or every printed cohort is large enough.
    """
    n_shown = 0
    for seed in range(first, first + 12):
        place = tmp_path / str(seed)
        place.mkdir()
        columns = population(20 + seed % 11, seed)
        pq.write_table(pa.table(dict(columns)), place / "c")
        settings = configuration(seed)
        (place / "policy.yaml").write_text(yaml.safe_dump(settings))
        places = ("-c", place / "c", "-o", place / "r", "--private", place / "p")
        done = run("release", *places, "--quarter", "2026Q3", "--policy", place / "policy.yaml")
        if done.exit_code:
            assert done.exit_code == 1
            assert not list(place.glob("r/*"))
            continue
        rows = pq.read_table(place / "c").to_pylist()
        (table,) = place.glob("r/*/benchmark.parquet")
        printed = pq.read_table(table).to_pylist()
        shown = {tuple(r[d] for d in DIMENSIONS) for r in printed if not r["suppressed"]}
        n_shown += len(shown)
        for group in shown:
            assert contributors(rows, group) >= max(5, settings["threshold"])
    assert n_shown


# --- A, and then A and one more -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_one_more_contribution_changes_no_public_byte(run, tmp_path, seed):
    """
    Published, then one organization contributes by the command; its twin world has it not.
    """
    place, twin = tmp_path / "with", tmp_path / "without"
    Collection(place / "c", create=True).append(invented_table(30, seed, ["2026Q1"]))
    first = released(run, place, "2026Q2")
    shutil.copytree(place, twin)
    one = planted_assessment(id=f"one-{seed}").replace(synthetic=True)
    (tmp_path / "one.json").write_bytes(one.dumps())
    source = ("contribute", tmp_path / "one.json", "--quarter", "2026Q1")
    assert run(*source, "-c", place / "c").exit_code == 0
    assert Collection(place / "c").manifest().rows == 31
    assert released(run, place, "2026Q2") == first
    later = released(run, place, "2026Q3")
    assert later == released(run, twin, "2026Q3")
    assert len(later) == 8


# --- none, or one fewer than the threshold ------------------------------------------------------


@pytest.mark.parametrize(("dimension", "code"), [("sector", "finance"), ("region", "africa")])
def test_a_cohort_of_none_and_one_of_nine_are_the_same_bytes(run, tmp_path, dimension, code):
    """
    Its rows always; the whole release as long as the audit has nothing to say about them.
    """
    columns = population(120, 1)
    elsewhere = "industry" if dimension == "sector" else "europe"
    columns[dimension][columns[dimension] == code] = elsewhere
    columns[dimension][:9] = None
    seen = []
    for n in (0, 1, 5, 9):
        place = tmp_path / str(n)
        place.mkdir()
        now = {name: values.copy() for name, values in columns.items()}
        now[dimension][:n] = code
        assert np.sum(now[dimension] == code) == n
        pq.write_table(pa.table(now), place / "c")
        seen.append(released(run, place))
        (table,) = place.glob("r/*/benchmark.parquet")
        rows = pq.read_table(table).to_pylist()
        assert {r["suppressed"] for r in rows if r[dimension] == code} == {True}
        assert not all(r["suppressed"] for r in rows if r[dimension] == elsewhere)
    assert all(one == seen[0] for one in seen[:3])


# --- withdrawn, or never there ------------------------------------------------------------------


def held(place):
    """Rows of a collection in the order of their pseudonyms."""
    rows = Collection(place / "c").open_rows(purpose="rows for a test")
    return pa.concat_tables(rows.tables()).sort_by("contribution").to_pylist()


def remembered(place):
    """Everything in the private history."""
    history = read_history(place / "p")
    return history.entries, [one.members.to_pylist() for one in history.publications]


@pytest.mark.parametrize("after_a_release", [False, True])
def test_a_withdrawal_equals_never_having_contributed(run, tmp_path, after_a_release):
    """
    Contributed and withdrawn by the commands: rows, state and public bytes are those of the twin.
    """
    place, twin = tmp_path / "with", tmp_path / "without"
    Collection(place / "c", create=True).append(invented_table(30, 5, ["2026Q1"]))
    if after_a_release:
        released(run, place, "2026Q2")
    shutil.copytree(place, twin)
    for number in range(7):
        one = planted_assessment(id=f"one-{number}").replace(synthetic=True)
        who = one.organization.replace(name=f"Zorbax {number}", parent="")
        (tmp_path / f"{number}.json").write_bytes(one.replace(organization=who).dumps())
    sources = [tmp_path / f"{number}.json" for number in range(7)]
    done = run("contribute", *sources, "--quarter", "2026Q1", "-c", place / "c", "--json")
    receipts = json.loads(done.stdout)["receipts"]
    gone = [row["org"] for row in held(place) if row not in held(twin)]
    assert len(set(gone)) == 7
    done = run("collection", "withdraw", "-c", place / "c", "--private", place / "p", *receipts)
    assert done.exit_code == 0, done.output
    assert held(place) == held(twin)
    assert released(run, place) == released(run, twin)
    assert remembered(place) == remembered(twin)
    kept = b"".join(p.read_bytes() for p in place.rglob("*") if p.is_file())
    assert not any(org.encode() in kept for org in gone)
