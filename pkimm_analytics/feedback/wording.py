"""
Accepted changes against the model's YAML, as a unified diff that really applies.

The file is never written anew from data: the lines that hold a text are found in the
source and replaced, so everything else stays byte for byte. What comes out is read
again and must differ from the original in the changed values alone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from pkimm_analytics.errors import FeedbackError, Problem
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.model.structure import Model
from pkimm_analytics.yaml_text import read_yaml

Path = tuple[str | int, ...]

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Change:
    """
    One change of one value.

    Parameters
    ----------
    element : str
        Element key.
    field : str
        ``name``, ``description``, ``guidance``, ``assessment``, ``level-1`` to
        ``level-5`` or ``weight``.
    value : str
        New text, or new weight.
    manner : str
        ``add`` (a sentence at the end), ``phrase`` (`value` instead of `phrase`) or
        ``text`` (`value` instead of everything). A weight is always replaced.
    phrase : str
        Phrase that is replaced.
    """

    element: str
    field: str
    value: str
    manner: str = "text"
    phrase: str = ""

    def applied(self, text: str) -> str | None:
        """Return a text with the change made; None where it has no such phrase, or several."""
        if self.field == "weight" or self.manner == "text":
            return self.value
        if self.manner == "phrase":
            return text.replace(self.phrase, self.value) if text.count(self.phrase) == 1 else None
        glue = "\n" if "\n" in text.strip() else " "
        return f"{text.rstrip()}{glue}{self.value.strip()}"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a value stands in the source: its path, present value and place of its scalar."""

    path: Path
    value: str
    start: int
    end: int
    style: str
    column: int


class ModelSource:
    """
    The text of a model file, in which values are found and replaced.

    Parameters
    ----------
    text : str
        YAML of a model, as the consortium publishes it.
    name : str
        File name, for messages and for the diff.

    Raises
    ------
    ModelError
        If it is no valid model file.
    """

    def __init__(self, text: str, name: str) -> None:
        model = read_definition(text, name)
        if not isinstance(model, Model):
            raise FeedbackError(f"{name} is no model file. Nothing was changed.")
        self.text, self.name, self.model = text, name, model
        self._root = yaml.compose(text, Loader=_Base)

    def find(self, element: str, field: str) -> Found | None:
        """Find a value; None if the model has no such element or field."""
        path = self._path(element, field)
        node = None if path is None else _descend(self._root, path)
        if path is None or not isinstance(node, yaml.ScalarNode):
            return None
        start, end = node.start_mark, node.end_mark
        # The C reader counts bytes of what it was given, so places come from lines.
        return Found(
            path,
            str(node.value),
            self._index(start.line, start.column),
            self._index(end.line, end.column),
            node.style or "",
            start.column,
        )

    def _index(self, line: int, column: int) -> int:
        return self._starts[min(line, len(self._starts) - 1)] + (
            column if line < len(self._starts) else 0
        )

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins, and where the text ends."""
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return [*starts, len(self.text)]

    def _path(self, element: str, field: str) -> Path | None:
        for m, module in enumerate(self.model.modules):
            at: Path = ("modules", m)
            if module.id == element:
                return (*at, field) if field in {"name", "description"} else None
            for c, category in enumerate(module.categories):
                inside: Path = (*at, "categories", c)
                if category.key == element:
                    return _category_path(inside, field)
                for r, requirement in enumerate(category.requirements):
                    if requirement.key == element:
                        known = {"description", "guidance", "assessment", "weight"}
                        return (*inside, "requirements", r, field) if field in known else None
        return None

    def changed(self, changes: Sequence[Change]) -> str:
        """
        Text with changes made and everything else as it was.

        Raises
        ------
        FeedbackError
            If an element or field is not there, a new text cannot be written, or two
            changes are about the same value; every problem is listed.
        """
        problems, edits = self._edits(changes)
        if problems:
            raise FeedbackError(f"{self.name} cannot be changed so. Nothing was changed.", problems)
        text = self.text
        for found, new in sorted(edits, key=lambda edit: -edit[0].start):
            text = text[: found.start] + new + text[found.end :]
        self._check(text, changes)
        return text

    def _edits(self, changes: Sequence[Change]) -> tuple[list[Problem], list[tuple[Found, str]]]:
        """Apply all changes of a text one after the other; a weight or whole text changes once."""
        problems: list[Problem] = []
        texts: dict[Path, tuple[Found, str]] = {}
        whole: set[Path] = set()
        for change in sorted(changes, key=lambda c: c.manner != "text"):
            where = f"{change.element} {change.field}"
            found = self.find(change.element, change.field)
            if found is None:
                problems.append(Problem(where, f"{self.model.edition} has no such text or weight"))
                continue
            if found.path in whole and change.manner == "text":
                problems.append(Problem(where, "is changed twice; decide for one of the two"))
                continue
            whole |= {found.path} if change.manner == "text" else set()
            new = change.applied(texts.get(found.path, (found, found.value))[1])
            if new is None:
                message = "has no such phrase, or has it several times; give a longer one"
                problems.append(Problem(where, message))
                continue
            texts[found.path] = (found, new)
        return problems, [(found, self._scalar(found, new)) for found, new in texts.values()]

    def _scalar(self, found: Found, new: str) -> str:
        newline = "\r\n" if "\r\n" in self.text else "\n"
        if found.path[-1] == "weight":
            return new
        value = "\n".join(line.rstrip() for line in new.strip().splitlines())
        if found.style in {"|", ">"}:
            old = self.text[found.start : found.end]
            head = old.split("\n", 1)[0].rstrip("\r")
            indent = _indent(old, found)
            lines = [indent + line if line else "" for line in value.split("\n")]
            tail = old[len(old.rstrip()) :] if old.rstrip() != old else newline
            return newline.join([head.replace(">", "|", 1), *lines]) + tail
        return _flow(value, found.style)

    def _check(self, text: str, changes: Sequence[Change]) -> None:
        """Read both texts; they must differ in the changed values and in nothing else."""
        before, after = read_yaml(self.text, self.name), read_yaml(text, self.name)
        wanted = {f.path for c in changes if (f := self.find(c.element, c.field)) is not None}
        differing = set(_differences(before, after, ()))
        touched = sorted(differing - wanted, key=str)
        if touched:
            raise FeedbackError(
                f"{self.name} cannot be changed without touching something else."
                " Nothing was changed.",
                [
                    Problem(".".join(map(str, path)), "")
                    for path in sorted(differing - wanted, key=str)
                ],
            )

    def diff(self, changes: Sequence[Change]) -> str:
        """
        Unified diff of changes, for ``git apply`` or ``patch -p1``; empty if nothing changes.

        Raises
        ------
        FeedbackError
            As :meth:`changed`.
        """
        after = self.changed(changes)
        lines = difflib.unified_diff(
            _lines(self.text), _lines(after), f"a/{self.name}", f"b/{self.name}"
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )


def _category_path(inside: Path, field: str) -> Path | None:
    if field in {"name", "description", "weight"}:
        return (*inside, field)
    if match := re.fullmatch(r"level-([1-5])", field):
        return (*inside, "levels", int(match[1]) - 1, "description")
    return None


def _descend(node: Any, path: Path) -> Any:
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = ((key.value, value) for key, value in node.value)
            node = next((value for key, value in pairs if key == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part] if part < len(node.value) else None
        else:
            return None
    return node


def _indent(old: str, found: Found) -> str:
    """Blanks before the lines of a block; two more than its key where it has no line."""
    for line in old.split("\n")[1:]:
        if line.strip():
            return line[: len(line) - len(line.lstrip(" "))]
    return " " * (found.column + 2)


def _flow(value: str, style: str) -> str:
    """
    Write a text on one line: as it was quoted, or in double quotes where it has to be.

    Examples
    --------
    >>> _flow("plain text", ""), _flow("a: b", ""), _flow("it's", "'")
    ('plain text', '"a: b"', "'it''s'")
    """
    if style == "'" and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    if style == "" and _is_plain(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _is_plain(value: str) -> bool:
    """Whether YAML reads a text as it stands, inside a mapping."""
    try:
        return bool(read_yaml(f"key: {value}\n", "text") == {"key": value})
    except ValueError:
        return False


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as for git."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _differences(before: Any, after: Any, path: Path) -> Iterator[Path]:
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for key in before:
            yield from _differences(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, (*path, place))
    elif before != after:
        yield path
