"""
What a look at a page finds: who is kept out, what lies on what, what sticks out.
"""

from __future__ import annotations

from typing import Any


def serious(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return the findings of axe that keep somebody out.
    """
    return [finding for finding in findings if finding["impact"] in {"serious", "critical"}]


def overlapping(page: Any, charts: str = "figure svg") -> list[list[str]]:
    """
    Return pairs of texts in a chart that lie on each other.
    """
    pairs: list[list[str]] = page.evaluate(
        """(charts) => [...document.querySelectorAll(charts)].flatMap((chart) => {
            const texts = [...chart.querySelectorAll('text')]
                .filter((t) => t.textContent.trim())
                .map((t) => [t.textContent, t.getBoundingClientRect()])
                .filter(([, r]) => r.width > 0);
            const cut = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
            return texts.flatMap(([one, a], i) =>
                texts.slice(i + 1).filter(([, b]) => cut(a, b)).map(([two]) => [one, two]));
        })""",
        charts,
    )
    return pairs


def width(page: Any) -> int:
    """
    Return how wide the page is, which is never wider than the screen.
    """
    return int(page.evaluate("document.documentElement.scrollWidth"))
