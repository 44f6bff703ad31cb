"""
What all commands share: where they print, and how they end.

Results go to standard output, everything else to standard error. Exit status 0:
done; 1: the input was refused, wholly or in part, and every problem is listed; 2:
wrong usage; 130: interrupted.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from pkimm_analytics.errors import PkimmError, Problem
from pkimm_analytics.extras import missing_extra

P = ParamSpec("P")
R = TypeVar("R")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", help="File to write; standard output without it.")
]

_INTERRUPTED = 130  # as shells know it
_PLAIN = {"→": "->", "≈": "~", "≤": "<=", "≥": ">=", "−": "-", "✓": "yes", "…": "...", "–": "-"}


def out() -> Console:
    """Console for results."""
    return Console(file=sys.stdout, soft_wrap=True)


def err() -> Console:
    """Console for messages and progress."""
    return Console(file=sys.stderr, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print one JSON document to standard output and nothing else."""
    text = json.dumps(document, ensure_ascii=not _has_every_sign(), indent=1, allow_nan=False)
    sys.stdout.write(text + "\n")


def one_line(document: Any) -> str:
    """Return a document as JSON on one line, which is written many times faster."""
    return json.dumps(document, ensure_ascii=not _has_every_sign(), allow_nan=False)


def _has_every_sign() -> bool:
    return (sys.stdout.encoding or "utf-8").lower().startswith("utf")


def print_in_any_encoding() -> None:
    """Let output that a system keeps in an older encoding say signs in plain letters."""
    codecs.register_error("plain-letters", _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain-letters")


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end


def say(message: str) -> None:
    """Tell the user something on standard error."""
    err().print(Text(_printable(message)))


def list_problems(problems: Iterable[Problem]) -> None:
    """List problems on standard error, refused ones first marked as such."""
    for problem in problems:
        mark = "refused" if problem.refused else "note"
        say(f"  {mark}: {problem}")


def _printable(text: str) -> str:
    """Replace what a terminal could take for a command."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def shown(text: str) -> str:
    """Text of a user, safe inside rich markup and in a terminal."""
    return escape(_printable(text))


def ends_cleanly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn errors that a user can mend, and Ctrl-C, into a message and exit status 1 or 130."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            done = command(*args, **kwargs)
            sys.stdout.flush()
        except (PkimmError, ModuleNotFoundError) as raised:
            error = raised if isinstance(raised, PkimmError) else missing_extra(raised)
            if kwargs.get("as_json"):
                print_json(error_document(error))
            say(error.message)
            list_problems(error.problems)
            raise typer.Exit(1) from None
        except BrokenPipeError:
            raise typer.Exit(0) from None
        except OSError as error:  # a full disk, a folder of somebody else, a name too long
            if error.filename is None:
                _give_up_output()
            reason = error.strerror or type(error).__name__
            place = str(error.filename or "The output")
            say(f"{place} cannot be read or written: {reason}. No file is half-written.")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:  # files are written whole or not at all
            say("Interrupted. What was finished before is kept; nothing is half-written.")
            raise typer.Exit(_INTERRUPTED) from None
        return done

    return wrapped


def _give_up_output() -> None:
    """Drop what could not be printed, so that nothing tries again when the program ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def error_document(error: PkimmError) -> dict[str, Any]:
    """Return what ``--json`` prints if nothing of the source could be read."""
    return {
        "format": "pkimm-error/1",
        "message": error.message,
        "problems": [problem.to_json() for problem in error.problems],
    }


@contextmanager
def progress_bar(label: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error; the function that is given advances it by one."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)


def write_output(content: bytes, target: Path | None) -> None:
    """Write to a file, atomically, or to standard output."""
    from pkimm_analytics.files import write_atomically

    if target is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        if target.exists() and not (target.is_file() or target.is_dir()):
            target.write_bytes(content)  # a device or a pipe, which must not be replaced
        else:
            write_atomically(target, content)
    except OSError as error:
        raise PkimmError(f"{target} cannot be written: {error.strerror or error}.") from None
    say(f"Written: {target}")


def exit_status(problems: Sequence[Problem]) -> int:
    """1 if something was refused, else 0."""
    return 1 if any(problem.refused for problem in problems) else 0


def read_cohort(text: str, option: str = "--cohort") -> dict[str, str]:
    """
    Read a cohort such as ``sector=finance,size=5000+``; ``all`` is everybody.

    Raises
    ------
    typer.BadParameter
        If it is written otherwise.

    Examples
    --------
    >>> read_cohort("sector=finance,size=5000+"), read_cohort("all")
    ({'sector': 'finance', 'size': '5000+'}, {})
    """
    found: dict[str, str] = {}
    for part in () if text.strip() in {"all", "*", ""} else text.split(","):
        dimension, sign, code = (piece.strip() for piece in part.partition("="))
        if not (dimension and sign and code) or dimension in found:
            raise typer.BadParameter(
                "Expected all, or each dimension once, such as sector=finance,size=5000+.",
                param_hint=option,
            )
        found[dimension] = code
    return found
