"""
Threads to comments: issues of GitHub and Jira, mail, and pages that somebody copied.

Each post becomes a comment on the element that it names, else on the one that the
thread names first, else on the model. Quotations, signatures and what robots wrote are
left out. Text without a mark of who wrote it is no thread and is refused.
"""

from __future__ import annotations

import email.policy
import email.utils
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from typing import Any

from pkimm_analytics.feedback import MODEL
from pkimm_analytics.loaders.feedback.cells import clean_text, day_of
from pkimm_analytics.loaders.feedback.grid import Grid
from pkimm_analytics.loaders.feedback.rows import Read, Setting
from pkimm_analytics.loaders.feedback.words import fold, listed

_WROTE = "|".join(listed("wrote"))
_PAGE = re.compile(
    r"^\W{0,4}@?([A-Za-z0-9][\w.-]{0,38}(?:\[bot\])?|[A-Z]\w{0,30} [A-Z][\w'-]{0,30})\W{0,4}\s+"
    rf"(?:commented|opened this issue|opened|{_WROTE})\b:?(.*)$"
)
_FIELD = re.compile(r"^([a-z]{3,20}):\t(.*)$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_INTRO = re.compile(rf"^(?:On|Am|Le|El|Il|Op)\b.{{3,200}}(?:{_WROTE}).{{0,80}}:\s*$")
_ORIGINAL = re.compile(rf"^-{{2,}}\s*(?:{'|'.join(listed('original'))})", re.IGNORECASE)
_MAIL_START = re.compile(rb"^(?:From |[A-Za-z][A-Za-z-]{1,40}: )")


@dataclass(frozen=True, slots=True)
class Post:
    """One post: who wrote it, the day if known, where it stands, its text and its subject."""

    author: str
    day: str | None
    where: str
    text: str
    subject: str = ""


def read_posts(posts: Iterable[Post], setting: Setting) -> Read:
    """Turn the posts of a thread into comments."""
    read = Read()
    about: dict[str, str] = {}
    for post in posts:
        said = "\n\n".join(filter(None, (post.subject, _own_words(post.text))))
        body, reason = clean_text(said)
        thread = fold(
            re.sub(r"^(?:(?:re|aw|fwd?|wg|sv|antw)\s*:\s*)+", "", post.subject, flags=re.IGNORECASE)
        )
        if re.search(r"\[bot\]$|^no-?reply@|^mailer-daemon@", post.author, re.IGNORECASE):
            read.remark(post.where, "written by a robot; left out")
        elif body is None:
            message = reason or "holds only quotations of other posts; left out"
            read.remark(post.where, message)
        else:
            read.names.add(post.author)
            own = element_of(body, setting)
            about.setdefault(thread if post.subject else "", own) if own else None
            element = own or about.get(thread) or about.get("") or next(iter(about.values()), MODEL)
            model = setting.elements.model
            values = {
                "round": setting.round, "respondent": setting.pseudonym(post.author),
                "edition": model.version, "digest": model.digest, "element": element,
                "kind": _kind(body), "text": body, "received": post.day,
            }  # fmt: skip
            read.add(post.where, {n: v for n, v in values.items() if v is not None})
    return read


def element_of(text: str, setting: Setting) -> str | None:
    """Return the one element that a text states, or the first that it names."""
    elements = setting.elements
    stated = elements.stated(text)
    if len(stated) == 1:
        return stated[0]
    lines = text.split("\n")
    first = next((line for line in lines if elements.stated(line)), lines[0])
    return next(iter(elements.stated(first)), None) or elements.named(first) or elements.named(text)


def _own_words(text: str) -> str:
    """Text without quotations, the lines that introduce them, and signatures."""
    kept = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line in {"-- ", "--"} or _ORIGINAL.match(line):
            break
        if not line.lstrip().startswith(">") and not _INTRO.match(line):
            kept.append(line)
    return "\n".join(kept).strip()


def _kind(text: str) -> str | None:
    lowered = text.casefold()
    speaking = listed("speaking").items()
    return next(
        (k for k, words in speaking if re.search(rf"\b(?:{'|'.join(words)})", lowered)), None
    )


# --- text of the command line and of pages ------------------------------------------------


def text_posts(text: str, name: str) -> list[Post]:
    """
    Split what ``gh issue view`` prints, or a copied page; no marks, no posts.

    A head of the command line is a run of ``field:<tab>value`` lines with an author, ended
    by two dashes; inside of code nothing is a head.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    marks = list(_heads(lines))
    posts = []
    ends = [*(mark[0] for mark in marks[1:]), len(lines)]
    for (start, begin, author, day, subject), after in zip(marks, ends, strict=False):
        body = lines[begin:after]
        while body and body[-1].strip() in {"", "--"}:
            body.pop()
        posts.append(Post(author, day, f"{name}, line {start + 1}", "\n".join(body), subject))
    return posts


def _heads(lines: Sequence[str]) -> Iterator[tuple[int, int, str, str | None, str]]:
    """Start of a head, start of its body, author, day and title."""
    at, is_code = 0, False
    while at < len(lines):
        is_code ^= bool(_FENCE.match(lines[at]))
        fields: dict[str, str] = {}
        end = at
        while not is_code and end < len(lines) and (match := _FIELD.match(lines[end])):
            fields[match[1]] = match[2].strip()
            end += 1
        if fields.get("author") and end < len(lines) and lines[end].strip() == "--":
            yield at, end + 1, fields["author"], None, fields.get("title", "")
            at = end
        elif not is_code and (match := _PAGE.match(lines[at])):
            yield at, at + 1, match[1], _day_in(match[2]), ""
        at += 1


def _day_in(text: str) -> str | None:
    match = re.search(r"\d{4}-\d{1,2}-\d{1,2}|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}", text)
    return day_of(match[0], "iso") if match else None


# --- JSON of GitHub, rows of Jira, mail ---------------------------------------------------


def github_posts(document: Any, name: str) -> list[Post] | None:
    """Read what ``gh issue view --json`` and ``list --json`` give; None if it is neither."""
    issues = document if isinstance(document, list) else [document]
    if not issues or not all(
        isinstance(one, dict) and {"title", "body"} & one.keys() for one in issues
    ):
        return None
    posts = []
    for number, issue in enumerate(issues, 1):
        where = f"{name}, issue {issue.get('number', number)}"
        comments = issue.get("comments")
        posts.append(_github_post(issue, where, str(issue.get("title") or "")))
        for place, comment in enumerate(comments if isinstance(comments, list) else [], 1):
            if isinstance(comment, dict):
                posts.append(_github_post(comment, f"{where}, comment {place}", ""))
    return [post for post in posts if post.text.strip() or post.subject]


def _github_post(entry: Mapping[str, Any], where: str, title: str) -> Post:
    author = entry.get("author") or entry.get("user") or {}
    login = str(author.get("login") or "") if isinstance(author, dict) else str(author)
    login += "[bot]" if isinstance(author, dict) and author.get("is_bot") else ""
    day = day_of(str(entry.get("createdAt") or entry.get("created_at") or ""), "iso")
    return Post(login or where, day, where, str(entry.get("body") or ""), title)


def jira_posts(grid: Grid) -> list[Post]:
    """Read a CSV export of Jira: the description and each comment of each issue."""
    columns: dict[str, list[int]] = {}
    for index, header in enumerate(grid.header):
        columns.setdefault(fold(header), []).append(index)

    def cell(row: Sequence[str], *names: str) -> str:
        return next((row[i] for n in names for i in columns.get(n, ()) if row[i].strip()), "")

    posts = []
    for number, row in grid.rows:
        title = cell(row, "summary", "zusammenfassung")
        author = cell(row, "reporter", "creator", "autor", "ersteller") or cell(row, "issue key")
        text = cell(row, "description", "beschreibung")
        day = day_of(cell(row, "created", "erstellt"), "dmy")
        posts.append(Post(author, day, grid.where(number), text, title))
        for index in [*columns.get("comment", ()), *columns.get("kommentar", ())]:
            stamp, who, said = [*row[index].split(";", 2), "", ""][:3]
            if row[index].strip():
                post = Post(who, day_of(stamp, "dmy"), grid.where(number, index + 1), said)
                is_whole = bool(said and post.day)
                posts.append(
                    post
                    if is_whole
                    else Post(grid.where(number, index + 1), None, post.where, row[index])
                )
    return posts


def is_mail(content: bytes) -> bool:
    """Whether a source is a message or a mailbox."""
    head = content[:65_536].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    return (
        bool(_MAIL_START.match(head))
        and re.search(rb"^(?:From|Subject):", head, re.MULTILINE | re.IGNORECASE) is not None
    )


def mail_posts(content: bytes, name: str) -> list[Post]:
    """Read one message, or a mailbox."""
    content = content.replace(b"\r\n", b"\n")
    parts = re.split(rb"(?:\A|\n)From [^\n]*\d{4}\n", content)
    messages = [part for part in parts if part.strip()]
    parser = BytesParser(policy=email.policy.default)
    return [
        _mail_post(
            parser.parsebytes(message), f"{name}, message {number}" if messages[1:] else name
        )
        for number, message in enumerate(messages, 1)
    ]


def _mail_post(message: Any, where: str) -> Post:
    try:
        part = message.get_body(("plain", "html"))
        text = part.get_content() if part is not None else ""
        is_html = part is not None and part.get_content_subtype() == "html"
    except (LookupError, ValueError, AttributeError):  # a character set or form that is none
        text, is_html = "", False
    if is_html:
        text = re.sub(
            r"<(?:style|script)\b.*?</(?:style|script)>|<blockquote\b.*?</blockquote>",
            " ",
            text,
            flags=re.IGNORECASE | re.DOTALL,
        )
        text = html.unescape(
            re.sub(
                r"<[^>]{0,2000}>",
                "",
                re.sub(r"<(?:br|/p|/div)\b[^>]{0,200}>", "\n", text, flags=re.IGNORECASE),
            )
        )
    address = email.utils.parseaddr(str(message.get("From", "")))[1] or where
    robot = "noreply@robot" if str(message.get("Auto-Submitted", "no")).lower() != "no" else ""
    try:
        day = email.utils.parsedate_to_datetime(str(message["Date"])).date().isoformat()
    except (TypeError, ValueError, IndexError):
        day = None
    text = text.replace("[quoted text hidden]", "")
    return Post(robot or address, day, where, text, str(message.get("Subject", "")))
