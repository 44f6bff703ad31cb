"""The policy and the plan fail closed."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.disclosure import check_plan, check_policy, load_policy, make_release
from pkimm_analytics.disclosure.policy import read_settings
from pkimm_analytics.errors import DisclosureError, PolicyError
from tests.disclosure.population import FEW, population, truth_of
from tests.examples import examples

SETTINGS = read_settings(None, "disclosure.yaml")
PLAN_SETTINGS = read_settings(None, "plan.yaml")
REASON = {"reason": "Agreed by the working group for a test.", "approved_by": "chair"}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_missing_setting_refuses_the_policy(name):
    """
    There are no defaults in code.
    """
    less = {key: value for key, value in SETTINGS.items() if key != name}
    with pytest.raises(PolicyError, match="Nothing is published"):
        check_policy(less)


@pytest.mark.parametrize("value", [None, "", "10", True, 10.5, -1, 0, [], {}, float("nan")])
@pytest.mark.parametrize("name", ["threshold", "changes", "age_months", "bands", "coding"])
def test_an_odd_value_refuses_the_policy(name, value):
    """
    Text, flags, fractions and empty values are not numbers.
    """
    if name == "age_months" and value == 0 and value is not False:
        pytest.skip("zero is a number of months; it needs an override, tested below")
    with pytest.raises(PolicyError):
        check_policy(SETTINGS | {name: value})


def test_an_unknown_setting_refuses_the_policy():
    """
    A misspelled setting would otherwise be ignored.
    """
    with pytest.raises(PolicyError, match="no field of this document"):
        check_policy(SETTINGS | {"treshold": 20})


def test_looser_than_safe_needs_a_recorded_reason():
    """
    Five with a reason, never four.
    """
    looser = SETTINGS | {"threshold": 5, "bands": [5, *SETTINGS["bands"]]}
    with pytest.raises(PolicyError, match="needs an override"):
        check_policy(looser)
    assert check_policy(looser | {"override": REASON}).looser == ("threshold",)
    with pytest.raises(PolicyError, match="at least 5"):
        check_policy(looser | {"threshold": 4, "override": REASON})


def test_comments_do_not_change_the_digest_and_settings_do():
    """
    The digest is that of what is meant.
    """
    assert check_policy(copy.deepcopy(SETTINGS)).digest == load_policy().digest
    assert check_policy(SETTINGS | {"changes": 12}).digest != load_policy().digest


@pytest.mark.parametrize(
    "change",
    [
        {"tiers": []},
        {"tiers": [{"from": 3, "groups": [[]]}]},
        {"tiers": [{"from": 10, "groups": [["sector"]]}]},
        {"tiers": [{"from": 10, "groups": [[], ["sector", "size", "region"]]}]},
        {"editions": ["*"]},
        {"editions": ["2.0.0", "2.0.0"]},
        {"measures": {"edition": "0.0.1"}},
        {"version": None},
    ],
)
def test_a_plan_that_contradicts_itself_or_the_lists_is_refused(change):
    """
    Groups that overlap in other ways than the lists could be subtracted.
    """
    with pytest.raises(PolicyError):
        check_plan(PLAN_SETTINGS | change)


odd = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 60), st.floats(), st.text(max_size=5),
    st.lists(st.integers(-5, 60), max_size=4),
)  # fmt: skip


@examples(60)
@given(
    changes=st.dictionaries(st.sampled_from(sorted(SETTINGS)), odd, max_size=2),
    threshold=st.one_of(odd, st.integers(5, 30)),
    override=st.sampled_from([None, REASON]),
    n=st.integers(4, 14),
)
def test_no_policy_publishes_a_group_below_its_threshold(changes, threshold, override, n):
    """
    Valid or not: it is refused, or every printed group is large enough.
    """
    wanted = SETTINGS | changes | {"threshold": threshold, "override": override}
    if isinstance(threshold, int) and 5 <= threshold < 10 and "bands" not in changes:
        wanted["bands"] = [5, *SETTINGS["bands"]]
    columns = population(n, 3, plan=FEW)
    try:
        policy = check_policy(wanted)
        candidate = make_release(columns, quarter="2026Q3", policy=policy, plan=FEW)
    except (PolicyError, DisclosureError):
        return
    truth = truth_of(columns, FEW)
    for (group, measure), cell in candidate.published.cells.items():
        assert cell.withheld or truth.n(group, measure) >= max(5, policy.threshold)
