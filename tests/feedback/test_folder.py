"""
The feedback place: append-only, the same comment once, several writers, nothing joined.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from pkimm_analytics.errors import FeedbackError
from pkimm_analytics.feedback import Comment, Contact, open_feedback


def a_comment(number=0, **changes):
    """A comment that differs by its number."""
    said = {
        "round": "2026Q4",
        "respondent": f"RESPONDENT{number:04}",
        "edition": "2.0.0",
        "element": "M.key-management",
        "clarity": 2,
    }
    return Comment(**{**said, **changes})


@pytest.fixture
def place(tmp_path):
    """An empty feedback place."""
    return open_feedback(tmp_path / "feedback")


def files(place):
    """Content of every file of the logs."""
    return {p.name: p.read_bytes() for p in place.folder.rglob("*.jsonl")}


def test_an_empty_place_has_no_comments_and_makes_no_folder(place):
    """
    Looking changes nothing.
    """
    assert place.comments().empty
    assert list(place.comments().columns)[:2] == ["id", "round"]
    assert place.decisions().empty
    assert not place.folder.exists()


def test_the_same_comment_twice_is_one(place):
    """
    In one batch, in two batches, and on another day.
    """
    first = place.append([a_comment(1), a_comment(1), a_comment(2)])
    second = place.append([a_comment(2, received="2026-11-25"), a_comment(3)])
    assert (first.added, first.known) == (2, 1)
    assert (second.added, second.known, second.ids) == (1, 1, (a_comment(3).id,))
    assert list(place.comments()["id"]) == [a_comment(n).id for n in (1, 2, 3)]


def test_appending_never_changes_what_is_there(place):
    """
    Every file that was written stays as it was.
    """
    place.append([a_comment(1)])
    before = files(place)
    place.append([a_comment(2)])
    place.decide(a_comment(1).id, "accepted", by="chair")
    assert before.items() <= files(place).items()


def test_a_table_of_comments_keeps_whole_numbers_and_empty_cells(place):
    """
    A rating that nobody gave is empty, and the others stay whole numbers.
    """
    place.append([a_comment(1, minutes=30), a_comment(2, clarity=None, text="why?")])
    table = place.comments()
    assert str(table["clarity"].dtype) == "Int8"
    assert table["clarity"].isna().tolist() == [False, True]
    assert table["minutes"].tolist()[0] == 30


def test_a_part_that_was_changed_is_found(place):
    """
    The name of a part says what it holds.
    """
    place.append([a_comment(1)])
    part = next(place.folder.rglob("*.jsonl"))
    part.write_bytes(part.read_bytes().replace(b'"clarity":2', b'"clarity":5'))
    with pytest.raises(FeedbackError, match="damaged"):
        place.comments()
    with pytest.raises(FeedbackError, match="damaged"):
        place.append([a_comment(2)])


def test_several_writers_lose_nothing_and_double_nothing(place):
    """
    Three processes append overlapping comments at the same time.
    """
    code = (
        "import sys; from pkimm_analytics.feedback import open_feedback, Comment\n"
        "place = open_feedback(sys.argv[1])\n"
        "for n in range(int(sys.argv[2]), int(sys.argv[2]) + 10):\n"
        "    place.append([Comment(round='r', respondent=f'RESPONDENT{n:04}', edition='2.0.0',"
        " element='model', clarity=3)])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(place.folder), str(first)])
        for first in (0, 5, 10)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    found = place.comments()["respondent"]
    assert sorted(found) == [f"RESPONDENT{n:04}" for n in range(20)]


def test_what_a_killed_writer_left_is_no_part(place):
    """
    A file under another name is not read.
    """
    place.append([a_comment(1)])
    (place.folder / "comments" / ".tmp123.part").write_bytes(b'{"half')
    assert len(place.comments()) == 1


def test_the_history_of_decisions_is_kept_and_the_newest_counts(place):
    """
    Accepted, then done: two rows, one state.
    """
    id_ = place.append([a_comment(1)]).ids[0]
    place.decide(id_[:8], "accepted", by="chair", link="https://example.org/issues/7")
    place.decide(id_, "done", by="editor", edition="2.1.0")
    assert list(place.decisions()["disposition"]) == ["accepted", "done"]
    assert place.current()[id_].disposition == "done"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"disposition": "rejected"}, "reason"),
        ({"disposition": "duplicate"}, "duplicate_of"),
        ({"disposition": "done"}, "edition"),
        ({"disposition": "maybe"}, "disposition"),
        ({"disposition": "open", "by": "Jane Doe"}, "by"),
        ({"disposition": "open", "at": "2026-11-25"}, "at"),
        ({"disposition": "open", "link": "javascript:alert(1)"}, "link"),
        ({"disposition": "open", "field": "weight", "value": "3"}, "field"),
        ({"disposition": "accepted", "field": "weight", "value": "three"}, "value"),
        ({"disposition": "accepted", "field": "guidance"}, "value"),
    ],
)
def test_a_decision_that_lacks_what_it_needs_is_refused(place, fields, where):
    """
    A rejection has a reason, a duplicate its original, a change a new value.
    """
    place.append([a_comment(1)])
    with pytest.raises(FeedbackError) as caught:
        place.decide(a_comment(1).id, **{"by": "chair", **fields})
    assert where in {problem.where for problem in caught.value.problems}
    assert place.decisions().empty


def test_duplicates_never_run_in_a_circle(place):
    """
    One is a duplicate of two, so two is none of one.
    """
    one, two = place.append([a_comment(1), a_comment(2)]).ids
    place.decide(one, "duplicate", by="chair", duplicate_of=two)
    with pytest.raises(FeedbackError, match="duplicate of itself"):
        place.decide(two, "duplicate", by="chair", duplicate_of=one)


def test_a_decision_needs_a_comment_that_is_there(place):
    """
    An id of nothing, and one that is too short to mean one comment.
    """
    place.append([a_comment(1)])
    for id_ in ("0" * 32, a_comment(1).id[:3]):
        with pytest.raises(FeedbackError, match="no such comment"):
            place.decide(id_, "accepted", by="chair")


def test_pseudonyms_are_keyed_and_stay_the_same(place, tmp_path):
    """
    The same person twice is one respondent here, and another one elsewhere.
    """
    mine = place.pseudonym("Jane.Doe@example.org")
    assert mine == open_feedback(place.folder).pseudonym(" jane.doe@EXAMPLE.org")
    assert mine != open_feedback(tmp_path / "other").pseudonym("jane.doe@example.org")
    assert place.own_respondent() == open_feedback(place.folder).own_respondent()
    Comment(round="r", respondent=mine, edition="2.0.0", element="model", clarity=1)


def test_contacts_stay_apart_from_comments(place):
    """
    The address is in the private part and in no table.
    """
    who = place.pseudonym("jane@example.org")
    place.append([a_comment(1, respondent=who)])
    contact = Contact(who, "Jane Doe", "jane@example.org")
    place.keep_contacts([contact, contact])
    place.keep_contacts([contact])
    assert place.contacts() == [contact]
    holding = [p for p in place.folder.rglob("*") if p.is_file() and b"jane" in p.read_bytes()]
    assert {p.relative_to(place.folder).parts[0] for p in holding} == {"private"}
    assert "jane" not in place.comments().to_csv().lower()


def test_a_file_is_no_place(tmp_path):
    """
    A path of a file is refused at once.
    """
    (tmp_path / "file").write_text("x")
    with pytest.raises(FeedbackError, match="expected a folder"):
        open_feedback(tmp_path / "file")
