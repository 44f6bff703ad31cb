"""Linear programs of the audit, against SciPy's solver on the same rows."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from pkimm_analytics.audit import Vintage, programs
from pkimm_analytics.audit.programs import Populations, layout_of, ranges_of, targets_of
from pkimm_analytics.disclosure import load_policy, make_release
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import Release
from tests.audit import unsafe
from tests.audit.unsafe import attacked
from tests.disclosure.population import FEW, population, truth_of

highspy = pytest.importorskip("highspy")
optimize = pytest.importorskip("scipy.optimize")
sparse = pytest.importorskip("scipy.sparse")


def slow_ranges(populations, targets):
    """Least and most of each count of each target: one fresh program for each."""
    model = populations._highs.getLp()
    held, shape = model.a_matrix_, (model.num_row_, model.num_col_)
    kind = sparse.csr_array if held.format_ == highspy.MatrixFormat.kRowwise else sparse.csc_array
    matrix = kind((held.value_, held.index_, held.start_), shape)
    rows = optimize.LinearConstraint(matrix, model.row_lower_, model.row_upper_)
    bounds = optimize.Bounds(model.col_lower_, model.col_upper_)
    found = np.empty((len(targets), 2, 5))
    for place, target in enumerate(targets):
        for level in range(1, 6):
            goal = np.kron(target, np.arange(1, 6) == level)
            for edge, sign in enumerate((1, -1)):
                result = optimize.milp(sign * goal, constraints=rows, bounds=bounds)
                if result.status == 2:
                    return None
                found[place, edge, level - 1] = round(sign * result.fun, 6)
    return np.stack([np.ceil(found[:, 0]), np.floor(found[:, 1])], axis=1)


def releases():
    """An unsafe release, in which something is known, and one of ours."""
    truth = truth_of(population(60, 3, plan=FEW))
    tables = ((), ("size",), ("region",))
    yield unsafe.table(truth, unsafe.shares, exact_n=True, tables=tables), truth
    columns = population(90, 4, plan=FEW)
    made = make_release(columns, quarter="2026Q3", policy=load_policy(), plan=FEW)
    yield made.published, truth_of(columns)


@pytest.mark.parametrize("steps", [2, 500])
@pytest.mark.parametrize("knows_participants", [False, True])
def test_ranges_are_known_exactly_where_a_fresh_program_for_each_says_so(
    knows_participants, steps, monkeypatch
):
    """
    Going towards one goal after another, from where the last ended, finds the same known counts.

    However few steps it goes at once. Ranges that are not known may be reported narrower
    than they are: two whole numbers that both occur are enough.
    """
    monkeypatch.setattr(programs, "_STEPS", steps)
    n_known = n_open = 0
    for release, truth in releases():
        measure = release.measures[0]
        groups = tuple(g for g in release.all_groups if (g, measure) in release.cells)
        layout = layout_of(groups, is_open=True)
        rows = [row for _, _, row in targets_of(Vintage(release), measure, layout)][:12]
        known = truth if knows_participants else None
        populations = Populations(Vintage(release), measure, layout, known)
        quick, slow = ranges_of(populations, np.array(rows)), slow_ranges(populations, rows)
        assert (quick is None) == (slow is None)
        if quick is None or slow is None:
            continue
        first = int(knows_participants)  # n itself is not asked for where it is given
        is_known = slow[:, 0, first:] == slow[:, 1, first:]
        assert_array_equal(quick[:, 0, first:] == quick[:, 1, first:], is_known)
        assert_array_equal(quick[:, 0, first:][is_known], slow[:, 0, first:][is_known])
        assert np.all(quick[:, 0, first:] >= slow[:, 0, first:])
        assert np.all(quick[:, 1, first:] <= slow[:, 1, first:])
        n_known += is_known.sum()
        n_open += (~is_known).sum()
    assert n_known
    assert n_open


def test_a_solver_that_gives_up_is_no_clean_result(monkeypatch):
    """
    Rows that no population prints end the search; a solver that cannot tell ends the release.
    """
    release, _ = next(releases())
    measure = release.measures[0]
    layout = layout_of(release.all_groups, is_open=False)
    populations = Populations(Vintage(release), measure, layout, None)
    monkeypatch.setattr(populations, "_is_solved", lambda _limit: False)
    with pytest.raises(DisclosureError, match="not known"):
        populations.lowest(layout.sums, np.ones((len(layout.groups), 5)))


def test_the_solver_prints_nothing(capfd):
    """
    Standard output belongs to the command, which may print one JSON document.
    """
    truth = truth_of(population(60, 3, plan=FEW))
    release = unsafe.table(truth, unsafe.shares, exact_n=True, tables=((), ("size",)))
    measure = release.measures[0]
    layout = layout_of(release.all_groups, is_open=False)
    populations = Populations(Vintage(release), measure, layout, None)
    assert populations.lowest(layout.sums, np.ones((len(layout.groups), 5))) is not None
    assert capfd.readouterr() == ("", "")


def test_an_old_row_that_contradicts_new_ones_does_not_end_the_search():
    """
    Thirty of a sector less the twenty-five that are large, whatever the row carried forward says.
    """
    table = [
        ("*", "*", "10", "2026Q1"),
        ("finance", "*", "30", "2026Q3"),
        ("finance", "large", "25", "2026Q3"),
        ("finance", "small", None, None),
    ]
    columns = {
        "sector": [row[0] for row in table],
        "size": [row[1] for row in table],
        "measure": ["overall"] * 4,
        "statistic": ["n"] * 4,
        "value": [None] * 4,
        "n": [row[2] for row in table],
        "suppressed": [row[2] is None for row in table],
        "as_of": [row[3] for row in table],
    }
    found = attacked("T5", Release.from_columns("old", columns))
    assert [(f.learned, f.groups) for f in found if f.groups == (("finance", "small"),)] == [
        ("n = 5", (("finance", "small"),))
    ]
