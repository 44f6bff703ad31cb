"""
One place of the heart changed at a time: do the tests of its part notice? ``make mutations``.

A comparison is turned, a sign swapped, a number moved by one, a condition negated. What
nobody notices is listed with its line; whether that line could be other is for a reader
to decide. Nothing of the checkout is changed: a copy is.

    python -m tests.mutations --places 100 --processes 2 --seed 1
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEART = {
    "scoring": ("scoring/*.py", "tests/test_scoring.py"),
    "crosswalk": ("model/crosswalk.py", "tests/model tests/progress"),
    "bridge": ("progress/bridge.py", "tests/progress"),
    "disclosure": ("disclosure/[cmp]*.py", "tests/disclosure"),
    "intervals": ("statistics/*.py", "tests/statistics tests/benchmark"),
    "loaders": ("loaders/cells.py loaders/sheets/*.py loaders/tabular/*.py", "tests/loaders"),
    "web tool": ("loaders/web_tool/*.py", "tests/loaders"),
    "workbook": ("loaders/workbook/*.py", "tests/loaders"),
}
"""Files of each part, and the tests that have to notice."""
TURNED: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
SECONDS = 900


@dataclass(frozen=True)
class Mutation:
    """
    One change: the file, its new text, and how it reads.
    """

    path: Path
    text: str
    says: str
    tests: tuple[str, ...]


def places_in(path: Path) -> list[int]:
    """
    Return the numbers of the nodes of a file that can be changed.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    inside = {id(node) for f in bodies for part in f.body for node in ast.walk(part)}
    nodes = enumerate(ast.walk(tree))
    return [n for n, node in nodes if id(node) in inside and _can_change(node)]


def mutated(path: Path, number: int, tests: tuple[str, ...]) -> Mutation:
    """
    Change one node of a file.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    node = list(ast.walk(tree))[number]
    before, name = ast.unparse(node), path.relative_to(ROOT)
    _change(node)
    sides = [text.partition("\n")[0] for text in (before, ast.unparse(node))]
    says = f"{name.as_posix()}:{getattr(node, 'lineno', 0)}  {sides[0]}  ->  {sides[1]}"
    return Mutation(name, ast.unparse(tree), says, tests)


def _can_change(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in TURNED
    if isinstance(node, ast.BinOp):  # not the sum of texts, nor the choice of types
        texts = (ast.Constant, ast.JoinedStr)
        return type(node.op) in TURNED and not isinstance(node.left, texts)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool | int | float)
    return isinstance(node, ast.BoolOp | ast.If | ast.IfExp)


def _change(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = TURNED[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = TURNED[type(node.op)]()
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]  # a number, see above
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)


def chosen(places: int, seed: str) -> list[Mutation]:
    """
    Draw places, as many of each part.
    """
    dice = random.Random(seed)  # noqa: S311  # examples, no secrets
    drawn = []
    for part, (patterns, tests) in HEART.items():
        package = ROOT / "pkimm_analytics"
        paths = sorted(p for pattern in patterns.split() for p in package.glob(pattern))
        every = [(path, number) for path in paths for number in places_in(path)]
        assert every, f"{part} has no files any more"
        sample = dice.sample(every, min(len(every), -(-places // len(HEART))))
        drawn += [mutated(*place, tuple(tests.split())) for place in sample]
    dice.shuffle(drawn)
    return drawn[:places]


def is_noticed(mutation: Mutation) -> bool:
    """
    Run the tests of the part on a copy with the change.
    """
    with tempfile.TemporaryDirectory() as name:
        copy_ = Path(name, "checkout")
        shutil.copytree(ROOT, copy_, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        (copy_ / mutation.path).write_text(mutation.text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        try:
            done = subprocess.run(
                [*command, *mutation.tests],
                cwd=copy_,
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def main() -> int:
    """
    Print what nobody noticed; return 1 if that is more than one place of twenty.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    drawn = chosen(options.places, options.seed)
    missed = 0
    with ProcessPoolExecutor(options.processes) as pool:
        for mutation, noticed in zip(drawn, pool.map(is_noticed, drawn), strict=True):
            missed += not noticed
            print("noticed " if noticed else "MISSED  ", mutation.says, flush=True)
    print(f"{len(drawn) - missed} of {len(drawn)} changes were noticed")
    return int(missed * 20 > len(drawn))


if __name__ == "__main__":
    raise SystemExit(main())
