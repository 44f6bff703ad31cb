"""What is remembered of releases: sealed, and without those who withdrew."""

import json

import numpy as np
import pytest

from pkimm_analytics.disclosure import forgetting, load_policy, make_release, read_history
from pkimm_analytics.disclosure.history import History
from pkimm_analytics.disclosure.records import parent_tags
from pkimm_analytics.errors import DisclosureError
from tests.disclosure.population import FEW, population, rows


def made(columns, history=(), quarter="2026Q3"):
    """Make a release of fourteen organizations."""
    return make_release(columns, quarter=quarter, policy=load_policy(), plan=FEW, history=history)


@pytest.fixture(scope="module")
def columns():
    """Fourteen organizations."""
    return population(14, 1, plan=FEW)


@pytest.fixture
def folder(tmp_path, columns):
    """A private folder with two releases."""
    history = History(tmp_path)
    for quarter in ("2026Q3", "2026Q4"):
        found = made(columns, history.publications, quarter)
        history = history.with_release(found.publication(quarter))
    return tmp_path


def test_a_history_survives_a_round_trip(folder, columns):
    """
    The next release is the same from the files as from memory.
    """
    one = made(columns)
    two = made(columns, [one.publication()], "2026Q4")
    memory = made(columns, [one.publication(), two.publication()], "2027Q1")
    files = made(columns, read_history(folder).publications, "2027Q1")
    assert read_history(folder).names == ("2026Q3", "2026Q4")
    assert files.columns == memory.columns == one.columns


def test_a_forgotten_contributor_leaves_no_hash_behind(folder, columns):
    """
    In no release; that somebody was there stays, because others could subtract the figures.
    """
    tag = parent_tags([columns["parent"][0]])
    before = read_history(folder).publications
    assert all(np.isin(tag, one.members["parent"].to_numpy()).any() for one in before)
    with forgetting(folder) as forget:
        assert forget([columns["parent"][0]], ()) == 2
        assert forget([columns["parent"][0]], ()) == 0
    for one, old in zip(read_history(folder).publications, before, strict=True):
        assert not np.isin(tag, one.members["parent"].to_numpy()).any()
        assert one.members.num_rows == old.members.num_rows == 14
        assert (one.members["overall"].to_numpy() == -2).sum() == 1
    assert len(list(folder.glob("members-*"))) == 2
    again = made(columns, read_history(folder).publications, "2027Q1")
    assert again.columns == made(columns).columns


def test_what_a_withdrawal_brings_to_light_is_no_change(folder, columns):
    """
    Twelve withdraw their newest assessment; the older ones in its place renew nothing.
    """
    with forgetting(folder) as forget:
        assert forget((), columns["parent"][:12]) == 24
    older = rows(columns, np.arange(14))
    older["overall"][:12] = (older["overall"][:12] % 5 + 1).astype(np.int8)
    again = made(older, read_history(folder).publications, "2027Q1")
    assert again.columns == made(columns).columns


def edited(folder):
    """Change the tier of the first release."""
    document = json.loads((folder / "history.json").read_text())
    document["entries"][0]["tier"] = 500
    (folder / "history.json").write_text(json.dumps(document))


def without_the_last(folder):
    """Put the document of yesterday back, as a backup would, and lose a table."""
    document = json.loads((folder / "history.json").read_text())
    document["entries"].pop(0)
    (folder / "history.json").write_text(json.dumps(document))


def cut(folder):
    """Damage what was remembered of the contributors."""
    for path in folder.glob("members-*"):
        path.write_bytes(path.read_bytes()[:-20])


def lost(folder):
    """Lose the document, but not the rest."""
    (folder / "history.json").unlink()


def other_table(folder):
    """Let a release have said something else."""
    for path in folder.glob("table-*"):
        path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize("damage", [edited, without_the_last, cut, lost, other_table])
def test_a_history_that_was_edited_or_damaged_is_refused(folder, columns, damage):
    """
    Each file is bound to the one before: without it, nobody knows what could be subtracted.
    """
    damage(folder)
    with pytest.raises(DisclosureError, match="What earlier releases said") as caught:
        made(columns, read_history(folder).publications, "2027Q1")
    assert "backup" in str(caught.value) or "edited" in str(caught.value)
