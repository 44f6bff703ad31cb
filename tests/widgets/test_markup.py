from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from pkimm_analytics.widgets.markup import Markup, data_table, esc, tag, user


class Tags(HTMLParser):
    """
    Collects the elements and attributes that a browser would find.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """
        Keep the name and the attributes.
        """
        self.found.append((tag, [name for name, _ in attrs]))


@given(text=st.text())
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    """
    Whatever a user wrote, a browser finds our paragraph and nothing else.
    """
    parser = Tags()
    parser.feed(tag("p", text, user(text), title=text))
    assert parser.found == [("p", ["title"]), ("bdi", [])]


def test_markup_of_ours_is_not_escaped_twice() -> None:
    """
    An element inside an element stays one.
    """
    assert tag("p", tag("b", "a & b")) == "<p><b>a &amp; b</b></p>"
    assert esc(Markup("<br>")) == "<br>"


def test_attributes_that_are_off_are_left_out() -> None:
    """
    True writes the name, False and None write nothing.
    """
    assert tag("input", checked=True, hidden=False, id=None) == "<input checked>"


def test_a_table_names_its_rows_and_columns() -> None:
    """
    Caption, scopes and a frame that the keyboard reaches.
    """
    html = data_table("All <of> it", ("A", "B"), [("a", 1)], id_="t", numeric=("B",))
    assert '<caption id="t-caption"><span>All &lt;of&gt; it</span></caption>' in html
    assert '<th scope="col">A</th>' in html
    assert '<th scope="row">a</th><td class="pk-number">1</td>' in html
    assert 'role="region" aria-labelledby="t-caption" tabindex="0"' in html
