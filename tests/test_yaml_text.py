"""YAML from strangers: what is read, what is refused, and how that is said."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.errors import SourceFormatError
from pkimm_analytics.yaml_text import read_yaml, read_yaml_with_lines, write_yaml

BOMB = "- &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
DEEP = "- &a0 [1]\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 60))


def test_words_that_older_yaml_takes_for_other_things_stay_text():
    """
    Only true, false, null and plain numbers have a type.
    """
    text = "a: no\nb: 12:30\nc: 2026-01-02\nd: true\ne: 3\nf: 1.5\ng: ~\nh: 0x1F\ni: .inf\n"
    assert read_yaml(text + "j: '4'\nk: !!str 5\nl:\n", "x") == {
        "a": "no",
        "b": "12:30",
        "c": "2026-01-02",
        "d": True,
        "e": 3,
        "f": 1.5,
        "g": None,
        "h": "0x1F",
        "i": ".inf",
        "j": "4",
        "k": "5",
        "l": None,
    }
    assert read_yaml("", "x") is None


def test_an_alias_is_a_copy_of_what_it_names():
    """
    Programs write them for objects that come twice; changing one does not change the other.
    """
    read = read_yaml("a: &x [1, {b: 2}]\nc: *x\n", "x")
    assert read == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}
    read["c"].append(3)
    assert len(read["a"]) == 2


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\na: 2\n", 2, "twice"),
        ("a:\n  - [" + "[" * 60, 2, "nests too deeply"),
        ("a: [", None, "did not find"),
        ("? [1]\n: 2\n", 1, "not text"),
        ("a: 1\nb: " + "7" * 40, 2, "digits"),
        ("a: 1e999", 1, "too large"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a:\n" + "- {b: 1}\n" * 150_000, None, "too many values"),
        (BOMB, None, "too many values"),
        (DEEP, None, "nests too deeply"),
        ("a: &x [1, *x]", 1, "names nothing"),
        ("a: *y", 1, "names nothing"),
        ("model: !!bool maybe", 1, "explicit tags"),
        ("a: !!python/object:os.system {}", 1, "explicit tags"),
        ("a: !!int x", 1, "explicit tags"),
        ("!!bool x: 1", 1, "not text"),
        ("a: \x00", None, "control characters"),
        ("\ud800", None, "surrogates"),
    ],
)
def test_what_could_be_misread_or_fill_the_memory_is_refused(text, line, said):
    """
    Each ends in one message that names the line.
    """
    with pytest.raises(SourceFormatError) as caught:
        read_yaml(text, "x.yaml")
    (problem,) = caught.value.problems
    assert said in problem.message
    assert "\n" not in problem.message
    assert line is None or problem.where == f"x.yaml, line {line}"


def test_every_value_has_its_line():
    """
    Places in messages are taken from there.
    """
    _, lines = read_yaml_with_lines("a: 1\nb:\n  - c: 2\n    d: 3\n", "x")
    assert lines == {(): 1, ("a",): 1, ("b",): 3, ("b", 0): 3, ("b", 0, "c"): 3, ("b", 0, "d"): 4}


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_PLAIN)
def test_what_is_written_is_read_again(document):
    """
    Text that looks like a number, a date or a word of YAML stays text.
    """
    assert read_yaml(write_yaml(document), "x") == document


@given(st.text(alphabet="ab1:-&*!{}[]'\"|>?%@#, \n", max_size=60))
def test_only_our_error_leaves_any_text(text):
    """
    Whatever comes, it is read or refused.
    """
    with contextlib.suppress(SourceFormatError):
        read_yaml(text, "x")
