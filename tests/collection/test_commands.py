"""
contribute and collection as a user types them: nothing planted is in any byte they write.
"""

from __future__ import annotations

import html
import json
import logging
import socket

import pytest

from pkimm_analytics.analyses import ANALYSES
from pkimm_analytics.anonymize import loads
from pkimm_analytics.assessment import rated
from pkimm_analytics.cli.analyses import NAMES
from pkimm_analytics.collection import Collection
from pkimm_analytics.collection.contribution_rows import from_table
from tests.collection.invented import every_byte, invented_table
from tests.planted import HOST, MAIL, NAME, PARENT, found_in, planted_assessment

PASSED = 0


@pytest.fixture
def planted(tmp_path):
    """A file with a planted text in every field; its name says nothing."""
    path = tmp_path / "one.pkimm.json"
    path.write_bytes(planted_assessment().dumps())
    return path


def test_contribute_verify_info_and_withdraw(run, planted, tmp_path):
    """
    The whole way of a contribution, there and back.
    """
    done = run("contribute", planted, "--collection", "c", "--json")
    assert done.exit_code == PASSED
    document = json.loads(done.stdout)
    assert document["added"] == 1
    assert run("collection", "verify", "c").exit_code == PASSED
    assert json.loads(run("collection", "verify", "-c", "c", "--json").stdout)["sound"]
    info = json.loads(run("collection", "info", "c", "--json").stdout)
    assert info["quarters"] == {"2026Q3": 1}
    again = run("contribute", planted, "--collection", "c", "--json")
    assert json.loads(again.stdout)["unchanged"] == 1
    gone = run("collection", "withdraw", "c", *document["receipts"], "--json")
    assert json.loads(gone.stdout)["withdrawn"] == 1
    assert json.loads(run("collection", "info", "c", "--json").stdout)["contributions"] == 0


def test_no_planted_byte_is_in_the_collection_receipts_logs_or_messages(
    run, planted, tmp_path, caplog
):
    """
    Names, addresses, hosts, DNs and comments stay in the assessment.
    """
    caplog.set_level(logging.DEBUG)
    done = run("contribute", planted, "-c", "c", "--preview-page", "p.html")
    done2 = run("contribute", planted, "-c", "c", "--out", "f.json")
    assert (done.exit_code, done2.exit_code) == (PASSED, PASSED)
    (tmp_path / "one.pkimm.json").unlink()
    assert found_in(every_byte(tmp_path)) == []
    assert found_in(done.output + done2.output + caplog.text) == []


def test_the_preview_is_what_the_file_holds_and_writes_nothing(run, planted, tmp_path):
    """
    Byte for byte, also of a correction with its proof; no collection comes into being.
    """
    for name in ("f.json", "g.json"):
        shown = run("contribute", planted, "-c", "c", "--preview", "--out", name)
        assert shown.exit_code == PASSED
        assert not (tmp_path / name).exists()
        page = run("contribute", planted, "-c", "c", "--preview-page", "p.html")
        assert page.exit_code == PASSED
        assert html.unescape((tmp_path / "p.html").read_text()).count(shown.stdout) == 1
        run("contribute", planted, "--out", name)
        assert shown.stdout_bytes == (tmp_path / name).read_bytes()
        assert (b'"replaces"' in shown.stdout_bytes) == (name == "g.json")
        one = planted_assessment()
        changed = one.replace(answers={**one.answers, "G.strategy-and-vision": rated(2)})
        planted.write_bytes(changed.dumps())
    assert not (tmp_path / "c").exists()


def test_a_file_that_nobody_could_add_is_not_written(run, planted, tmp_path, monkeypatch):
    """
    Who hands over too much at once is told before.
    """
    monkeypatch.setattr("pkimm_analytics.files.MAX_BYTES", planted.stat().st_size)
    done = run("contribute", *[planted] * 20, "--out", "f.json", "--receipts", "receipts")
    assert done.exit_code == 1
    assert "contribute fewer at a time" in done.stderr
    assert not (tmp_path / "f.json").exists()
    assert not (tmp_path / "receipts").exists()


def test_a_strangers_folder_stays_as_it_is(run, planted, tmp_path):
    """
    Not even a lock is left in it.
    """
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("mine")
    assert run("contribute", planted, "-c", "docs").exit_code == 1
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["page.md"]


def test_a_quarter_that_has_not_begun_is_noted(run, planted):
    """
    It is a slip of the pen more often than not.
    """
    done = run("contribute", planted, "-c", "c", "--quarter", "2099Q1")
    assert done.exit_code == PASSED
    assert "has not begun" in done.stderr
    assert "has not begun" not in run("contribute", planted, "-c", "c").stderr


def test_what_is_stored_is_what_was_previewed(run, planted):
    """
    The row of the collection is the document in columns.
    """
    shown, _ = loads(run("contribute", planted, "--preview").stdout_bytes, "preview")
    run("contribute", planted, "-c", "c")
    _, table = Collection("c").open_rows(purpose="what is stored").tables()
    assert from_table(table) == shown


def test_contributing_opens_no_socket(run, planted, monkeypatch):
    """
    Neither looking nor adding to a folder talks to anybody.
    """

    def refuse(*_args, **_kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for extra in (["--preview"], ["-c", "c"]):
        assert run("contribute", planted, *extra).exit_code == PASSED


def test_a_corrected_assessment_replaces_the_earlier_one(run, planted, tmp_path):
    """
    Directly, and through files with the receipt's proof.
    """
    run("contribute", planted, "-c", "c", "--out", "f.json")
    run("collection", "add", "f.json", "-c", "c2")
    one = planted_assessment()
    changed = one.replace(answers={**one.answers, "G.strategy-and-vision": rated(2)})
    planted.write_bytes(changed.dumps())
    direct = run("contribute", planted, "-c", "c", "--out", "g.json", "--json")
    assert json.loads(direct.stdout)["replaced"] == 1
    filed = run("collection", "add", "g.json", "-c", "c2", "--json")
    assert json.loads(filed.stdout)["replaced"] == 1
    assert json.loads(run("collection", "info", "c2", "--json").stdout)["contributions"] == 1


def test_bad_and_good_assessments_are_told_apart(run, planted, tmp_path):
    """
    The good one is contributed, the others are listed by number, without their words.
    """
    one = planted_assessment()
    wrong = one.replace(id="w", organization=one.organization.replace(sector=PARENT))
    (tmp_path / "two.pkimm.json").write_bytes(wrong.dumps())
    (tmp_path / "three.pkimm.json").write_text(f'{{"{MAIL}": "{HOST}"')
    done = run("contribute", tmp_path, "-c", "c")
    assert done.exit_code == 1
    assert "organization.sector" in done.stderr
    assert found_in(done.output) == []
    assert json.loads(run("collection", "info", "c", "--json").stdout)["contributions"] == 1


def test_one_id_for_several_organizations_is_refused(run, planted, tmp_path):
    """
    They would be counted as one.
    """
    one = planted_assessment()
    other = one.replace(id="o", organization=one.organization.replace(name=PARENT))
    (tmp_path / "two.pkimm.json").write_bytes(other.dumps())
    done = run("contribute", tmp_path, "-c", "c", "--organization-id", "529900T8BM49AURSDO55")
    assert done.exit_code == 1
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b'[{"org": "' + NAME.encode() + b'"}]'])
def test_files_that_are_no_contributions_are_refused_and_noted(run, tmp_path, content):
    """
    Exit status 1, the reasons in the journal, and no word of the file.
    """
    (tmp_path / "f.json").write_bytes(content)
    done = run("collection", "add", "f.json", "-c", "c")
    assert done.exit_code == 1
    assert found_in(every_byte(tmp_path / "c") + done.output.encode()) == []
    assert json.loads(run("collection", "info", "c", "--json").stdout)["quarantined"] == 1


def test_levels_are_renewed_and_damage_is_reported(run, planted, tmp_path):
    """
    Nothing to do is no error; a byte that was changed is, and so is no collection.
    """
    run("contribute", planted, "-c", "c")
    done = run("collection", "rescore", "c", "--json")
    assert json.loads(done.stdout)["contributions"] == 1
    (path,) = (tmp_path / "c").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    done = run("collection", "verify", "c", "--json")
    assert (done.exit_code, json.loads(done.stdout)["sound"]) == (1, False)
    assert run("collection", "verify", "nowhere").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [["collection", "verify"], ["collection", "withdraw", "-c", "c"], ["collection", "add", "c"]],
)
def test_wrong_usage_ends_with_2(run, arguments):
    """
    As every command does.
    """
    assert run(*arguments).exit_code == 2


@pytest.fixture
def counted(tmp_path):
    """A collection of forty invented contributions."""
    Collection(tmp_path / "many", create=True).append(invented_table(40, 1))
    return tmp_path / "many"


def test_counting_says_that_it_is_internal(run, counted):
    """
    Every contribution is in the counts.
    """
    ask = ["collection", "count", counted, "--purpose", "test of counts", "--by", "sector"]
    document = json.loads(run(*ask, "--json").stdout)
    assert document["note"] == "internal, not for publication"
    overall = [row for row in document["counts"] if row["measure"] == "overall"]
    assert sum(row["n"] + row["nothing_to_count"] for row in overall) == 40
    assert all(sum(row["levels"].values()) == row["n"] for row in document["counts"])
    assert None in {row["sector"] for row in overall}
    assert "internal, not for publication" in run(*ask).stdout


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        (["--by", "org"], 1),
        (["--measures", "commitment"], 1),
        (["--purpose", "Example Bank"], 1),
        (["--engine", "excel"], 2),
    ],
)
def test_counting_refuses_what_is_no_count(run, counted, extra, status):
    """
    Without a traceback, and without repeating what was asked.
    """
    result = run("collection", "count", counted, "--purpose", "test of counts", *extra)
    assert result.exit_code == status
    assert not result.stdout
    assert "Traceback" not in result.stderr


def test_an_analysis_prints_one_document_and_its_mark(run, counted):
    """
    Forty contributions of different organizations: there are no pairs, and it says so.
    """
    ask = ["analyze", "assurance-gap", counted, "--purpose", "test of analyses"]
    document = json.loads(run(*ask, "--json").stdout)
    assert document["n_organizations"] == 0
    assert document["mark"] == "internal, not for publication"
    assert {row["gap"] for row in document["table"]} == {None}
    shown = run(*ask)
    assert "internal, not for publication" in shown.stdout
    assert "Pairs: same organization" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["gossip"], 2),
        (["assurance-gap", "--lower", "3"], 2),
        (["level-steps", "--lower", "7"], 1),
        (["peer-profile", "--by", "org"], 1),
        (["trend-parts", "--from", "yesterday"], 1),
    ],
)
def test_an_analysis_refuses_what_makes_no_sense(run, counted, arguments, status):
    """
    An option of another analysis is wrong usage, not ignored.
    """
    result = run("analyze", *arguments, "--collection", counted, "--purpose", "test of analyses")
    assert result.exit_code == status
    assert "Traceback" not in result.stderr


def test_every_analysis_has_a_name_on_the_command_line():
    """
    And no other.
    """
    assert tuple(ANALYSES) == NAMES


def test_the_folder_of_a_simulation_works_as_its_collection(run, tmp_path):
    """
    The same seed gives the same bytes; every invented assessment is contributed.
    """
    for name in ("a", "b"):
        ask = ["simulate", "--organizations", 8, "--seed", 5, "--out", name]
        assert run(*ask).exit_code == PASSED
    one, other = (every_byte(tmp_path / name) for name in ("a", "b"))
    assert sorted(one.split(b"\n")) == sorted(other.split(b"\n"))
    n = len(list((tmp_path / "a" / "assessments").iterdir()))
    assert json.loads(run("collection", "info", "a", "--json").stdout)["contributions"] == n
    assert run("collection", "verify", "a").exit_code == PASSED
    look = ["--purpose", "a look at it", "--json"]
    assert json.loads(run("collection", "count", "a", *look).stdout)["contributions"] == n
    assert run("analyze", "assurance-gap", "a", *look).exit_code == PASSED
