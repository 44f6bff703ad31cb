"""
Files changed at random, given to everything that reads files: ``make fuzz``.

Each input is a file of the corpus with a few changes; one that calls our functions in a
new way joins the corpus. Nothing but our own errors may come out, within 10 seconds of
CPU time and 500 MB. What else happens is listed once for each place, with the input kept.

    python -m tests.fuzz --inputs 200000 --processes 2 --seed 1
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import logging
import random
import resource
import signal
import sys
import time
import traceback
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pkimm_analytics
from pkimm_analytics.anonymize import KeyStore, anonymize, contribution
from pkimm_analytics.anonymize.receipts import Receipt
from pkimm_analytics.errors import PkimmError
from pkimm_analytics.loaders import Source, load
from pkimm_analytics.loaders.feedback import load_feedback, read_columns
from pkimm_analytics.model import load_model
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.reports.signature import verify
from pkimm_analytics.synthetic import simulate
from tests.loaders.invented_workbook import full_workbook, self_workbook
from tests.official import SHARED

ROOT = Path(__file__).parents[1]
PACKAGE = str(Path(pkimm_analytics.__file__).parent)
FOUND = ROOT / ".cache/fuzz"
SECONDS, MEGABYTES = 10, 500
LARGEST = 300_000
"""Larger files of the corpus would only make each try slow."""

ODD = (
    *("", "0", "-1", "6", "2.5", "1e308", "-1e999", "NaN", "null", "true", "[]", "{}", "~"),
    *('"', "'", ",", ";", "\t", "\n", "\r", "\0", "\ufeff", "\u2028", "=1+1", "]]>", "&amp;"),
    *("!!python/name:os", "!!binary x", "!!timestamp x", "!!int x", "&a [*a]", "<<: 1", "? x"),
    *("9" * 400, "x" * 5000, "[" * 900, "2024-02-30", "0001-01-01", "9999-12-31T24:00Z", "N/A"),
    *("\\ud800", "\\u0000", "__class__", "#progress=", "PK\x03\x04", "Content-Type: text/x\n\n"),
)


# --- what reads files ------------------------------------------------------------------


def _feedback(content: bytes) -> object:
    about = {"model": load_model("2.0.0"), "round_": "2026Q3", "pseudonym": str.lower}
    return load_feedback(content, "fuzz", **about)  # type: ignore[arg-type]


READERS: dict[str, Callable[[bytes], object]] = {
    "assessment": lambda content: load(Source("fuzz", content=content)),
    "feedback": _feedback,
    "contribution": lambda content: contribution.loads(content, "fuzz"),
    "definition": lambda content: read_definition(content.decode("utf-8", "replace"), "fuzz"),
    "columns": lambda content: read_columns(content.decode("utf-8", "replace"), "fuzz"),
    "receipt": lambda content: Receipt.loads(content, "fuzz"),
    "signature": lambda content: verify(b"report", content),
}


# --- the corpus ------------------------------------------------------------------------


def corpus() -> list[bytes]:
    """
    Return the official files where they are at hand, our samples and invented files.
    """
    places = [SHARED / "conformance", SHARED / "field-cases", ROOT / "data/samples"]
    places += [ROOT / "tests/loaders/feedback_cases", Path(PACKAGE) / "model/definitions"]
    paths = sorted(path for place in places for path in place.rglob("*") if path.is_file())
    files = [path.read_bytes() for path in paths if path.stat().st_size <= LARGEST]
    invented = simulate(organizations=40, seed=1).assessment(0)
    contributed = anonymize(invented, KeyStore(bytes(32))).contribution
    made = [full_workbook(), self_workbook(), contribution.dumps([contributed])]
    return [one for one in files if one] + made


# --- changing them ---------------------------------------------------------------------


def mutated(content: bytes, other: bytes, dice: random.Random) -> bytes:
    """
    Return a file with one to four changes that suit its kind.
    """
    for _ in range(dice.randint(1, 4)):
        content = dice.choice(_changes(content))(content, other, dice)
    return content


def _changes(content: bytes) -> list[Callable[[bytes, bytes, random.Random], bytes]]:
    if content.startswith(b"PK\x03\x04"):
        return [_change_member] * 8 + [_change_bytes]
    if content.lstrip()[:1] in {b"{", b"["}:
        return [_change_json, _change_json, _change_text, _change_lines, _change_bytes]
    return [_change_text, _change_text, _change_lines, _change_lines, _change_bytes]


def _change_bytes(content: bytes, other: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content or b"x")
    start = dice.randrange(len(changed))
    end = min(len(changed), start + dice.choice([1, 1, 2, 8, 100]))
    cut = dice.randrange(len(other) + 1)
    changed[start:end] = dice.choice(
        [b"", dice.randbytes(end - start), bytes(changed[start:end]) * 2, other[cut : cut + 50]]
    )
    return bytes(changed)


def _change_text(content: bytes, _other: bytes, dice: random.Random) -> bytes:
    """
    Put something odd where a word stands.
    """
    sign = dice.choice(list(' ,;:"\t\n=<>'))
    pieces = content.decode("utf-8", "surrogateescape").split(sign)
    pieces[dice.randrange(len(pieces))] = dice.choice(ODD)
    return sign.join(pieces).encode("utf-8", "surrogateescape")


def _change_lines(content: bytes, other: bytes, dice: random.Random) -> bytes:
    lines, others = content.split(b"\n"), other.split(b"\n")
    place, from_place = dice.randrange(len(lines)), dice.randrange(len(others))
    piece = dice.choice(
        [[], [lines[place]] * dice.choice([2, 2, 50]), others[from_place : from_place + 3]]
    )
    lines[place : place + 1] = piece
    if dice.random() < 0.1:
        dice.shuffle(lines)
    return b"\n".join(lines)


def _change_json(content: bytes, other: bytes, dice: random.Random) -> bytes:
    """
    Replace, rename, repeat or take out something of a document.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _change_text(content, other, dice)
    places = list(_places(document))
    if not places:
        return json.dumps([document]).encode()
    holder, key = dice.choice(places)
    change = dice.choice(["odd", "number", "nest", "swap", "drop", "rename"])
    if change == "drop":
        del holder[key]
    elif change == "rename" and isinstance(holder, dict):
        holder[dice.choice(ODD)] = holder.pop(key)
    elif change == "nest":
        holder[key] = dice.choice([[holder[key]], {"level": holder[key]}])
    elif change == "swap":
        source, name = dice.choice(places)
        holder[key] = source.get(name) if isinstance(source, dict) else None
    else:
        numbers = [0, -1, 6, 2.5, 1e308, 10**400, True, None, [], {}]
        holder[key] = dice.choice(numbers) if change == "number" else dice.choice(ODD)
    try:
        return json.dumps(document).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # something was put into itself
        return content


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    open_ = [document]
    for holder in open_:
        items = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in items if isinstance(holder, dict | list) else ():
            yield holder, key
            if isinstance(value, dict | list):
                open_.append(value)


def _change_member(content: bytes, other: bytes, dice: random.Random) -> bytes:
    """
    Change one part of a workbook, and write the others as they are.
    """
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {i.filename: archive.read(i) for i in archive.infolist()[:200]}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError):
        return _change_bytes(content, other, dice)
    except NotImplementedError:
        return content
    if not parts:
        return content
    name = dice.choice(sorted(parts))
    change = dice.choice([_change_text, _change_text, _change_lines, _change_bytes])
    parts[name] = change(parts[name], other, dice)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return out.getvalue()


# --- watching --------------------------------------------------------------------------


class TooSlow(BaseException):
    """An input took its whole time; no `except Exception` may hide it."""


class Border(logging.Handler):
    """Notes what the loaders' last border had to catch, which is a mistake further down."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.caught: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """
        Keep what was caught and where.
        """
        self.caught.append(record.getMessage())


@dataclass
class Watch:
    """
    Try inputs, and keep what must not happen, once for each place.
    """

    border: Border = field(default_factory=Border)
    ways: set[tuple[Any, int]] = field(default_factory=set)
    found: dict[str, str] = field(default_factory=dict)
    peak: int = 0

    def is_new(self, reader: str, content: bytes) -> bool:
        """
        Read an input; say whether it called our functions in a new way.
        """
        before = len(self.ways)
        self.border.caught.clear()
        fault = ""
        started = time.process_time()
        try:
            with _limited(), _traced(self.ways):
                READERS[reader](content)
        except PkimmError:
            pass
        except TooSlow:
            fault = f"longer than {SECONDS} s"
        except BaseException as error:  # noqa: BLE001  # anything is worth knowing here
            last = traceback.extract_tb(error.__traceback__)[-1]
            fault = f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"
        fault = fault or "".join(self.border.caught[:1])
        if time.process_time() - started > SECONDS:
            fault = fault or f"longer than {SECONDS} s"
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if self.peak and size > self.peak + MEGABYTES:
            fault, self.peak = fault or f"more than {MEGABYTES} MB", size
        self.peak = self.peak or size
        if fault:
            self._keep(f"{reader}: {fault}", content)
        return len(self.ways) > before

    def _keep(self, fault: str, content: bytes) -> None:
        if fault not in self.found:
            FOUND.mkdir(parents=True, exist_ok=True)
            path = FOUND / hashlib.sha256(content).hexdigest()[:16]
            path.write_bytes(content)
            self.found[fault] = str(path.relative_to(ROOT))


@contextmanager
def _limited() -> Iterator[None]:
    def end(_number: int, _frame: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def _traced(ways: set[tuple[Any, int]]) -> Iterator[None]:
    """
    Note who calls each of our functions: cheap, and enough to tell new ways from old.
    """

    def call(frame: Any, _event: str, _argument: object) -> None:
        if frame.f_code.co_filename.startswith(PACKAGE):
            ways.add((frame.f_code, frame.f_back.f_lineno if frame.f_back else 0))

    sys.settrace(call)  # returns nothing: lines are not traced
    try:
        yield
    finally:
        sys.settrace(None)


# --- the run ---------------------------------------------------------------------------


def fuzz(seed: str, inputs: int, minutes: float) -> tuple[int, int, dict[str, str]]:
    """
    Try inputs of one seed; return how many, how many joined the corpus, and what was found.
    """
    tried, deadline = 0, time.monotonic() + 60 * minutes
    warnings.simplefilter("ignore")
    dice = random.Random(seed)  # noqa: S311  # examples, no secrets
    files, watch = corpus(), Watch()
    log = logging.getLogger(PACKAGE.rpartition("/")[2])
    log.addHandler(watch.border)
    log.propagate = False
    given = len(files)
    for content in files[:given]:
        for reader in READERS:
            watch.is_new(reader, content)
    while tried < inputs and time.monotonic() < deadline:
        tried += 1
        content = mutated(dice.choice(files), dice.choice(files), dice)
        reader = dice.choice(["assessment"] * 4 + ["feedback"] * 2 + [*READERS])
        if watch.is_new(reader, content) and len(content) <= LARGEST:
            files.append(content)
    return tried, len(files) - given, watch.found


def main() -> int:
    """
    Print what was found, and return how much.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    share = -(-options.inputs // options.processes)
    every = range(options.processes)
    seeds = [f"{options.seed}.{n}" for n in every]
    started, found, tried, joined = time.monotonic(), {}, 0, 0
    with ProcessPoolExecutor(options.processes) as pool:
        for n, more, faults in pool.map(
            fuzz, seeds, [share for _ in every], [options.minutes for _ in every]
        ):
            tried, joined, found = tried + n, joined + more, found | faults
    seconds = time.monotonic() - started
    print(f"{tried} inputs in {seconds:.0f} s; {joined} joined the corpus; {len(found)} faults")
    for fault, path in sorted(found.items()):
        print(f"  {fault}  {path}")
    return min(len(found), 1)


if __name__ == "__main__":
    raise SystemExit(main())
