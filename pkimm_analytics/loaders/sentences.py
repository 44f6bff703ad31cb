"""
The one place where a problem of a source is put into words.

Readers name a problem by its code and give the values; ``sentences.yaml`` has the
sentence. A sentence never repeats a text that may be a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pkimm_analytics.errors import Problem, SourceFormatError
from pkimm_analytics.yaml_text import read_yaml


class Problems(list[Problem]):
    """What there is to say about a source, in the order in which it was found."""

    def refuse(self, where: str, code: str, /, **values: object) -> None:
        """Add what was left out."""
        self.append(Problem(where, sentence(code, **values)))

    def remark(self, where: str, code: str, /, **values: object) -> None:
        """Add what was taken over with a change or under an assumption."""
        self.append(Problem(where, sentence(code, **values), refused=False))


def sentence(code: str, /, **values: object) -> str:
    """
    Sentence of a problem.

    Examples
    --------
    >>> sentence("repeats", key="M", where="row 2")
    'repeats M of row 2; read once'
    """
    return str(_sentences()[code]).format(**values)


def refused(name: str, why: str, problems: Iterable[Problem]) -> SourceFormatError:
    """Error for a source of which nothing is read."""
    return SourceFormatError(f"{name} {why}. Nothing was imported.", problems)


def refused_for(
    name: str, why: str, code: str, where: str = "", /, **values: object
) -> SourceFormatError:
    """Error for a source of which nothing is read, for one reason."""
    return refused(name, why, [Problem(where or name, sentence(code, **values))])


@cache
def _sentences() -> Mapping[str, Any]:
    path = resources.files("pkimm_analytics.loaders") / "sentences.yaml"
    sentences: Mapping[str, Any] = read_yaml(path.read_text(encoding="utf-8"), path.name)
    return sentences
