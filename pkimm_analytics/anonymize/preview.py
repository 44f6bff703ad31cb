"""
The preview page: exactly what would leave, for a person to read.

One HTML file without scripts and without addresses; it opens without a network.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from pkimm_analytics.anonymize.contribution import Anonymized, Contribution, dumps
from pkimm_analytics.anonymize.vocabulary import NOT_APPLICABLE
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.organization import ATTRIBUTES, label
from pkimm_analytics.tables import CONTRIBUTIONS

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
th{width:14rem;font-weight:600}
code,pre{font:14px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:#f4f4f4;padding:1rem;border:1px solid #ccc}
.left{background:#f1f6ee;border:1px solid #9bbf86;padding:.5rem 1rem}
"""


def preview_page(anonymized: Sequence[Anonymized]) -> bytes:
    """
    Return the page as UTF-8 HTML.

    It shows every value with what it means, what stays behind, and the document byte
    for byte as ``--preview`` prints it.
    """
    document = dumps([one.contribution for one in anonymized]).decode("ascii")
    parts = [_section(number, one) for number, one in enumerate(anonymized, 1)]
    text = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What would leave</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>What would leave</h1>
<p>Nothing has left yet. This page was made on this computer and holds everything that a
contribution of {len(anonymized)} assessment(s) would hand over, and nothing else would be.</p>
{"".join(parts)}
<h2>The document, byte for byte</h2>
<pre>{html.escape(document)}</pre>
</body>
</html>
"""
    return text.encode()


def about_rows(contribution: Contribution) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each field but the answers, in the order of the table."""
    return [(name, *_value(contribution, name)) for name in CONTRIBUTIONS.column_names]


def answer_rows(contribution: Contribution) -> list[tuple[str, str, str]]:
    """Id, answer and name of each element that has an answer."""
    model = shipped_model(str(contribution.values["edition"]))
    rows = [
        (model.native_id(key), _word(code), model.name(key))
        for key in (*model.categories, *model.requirements)
        if (code := contribution.answers.get(key))
    ]
    for id_, (version, codes) in contribution.extensions.items():
        rows += [(f"{id_} {version}", _word(code), model.name(key)) for key, code in codes.items()]
    return rows


def _section(number: int, one: Anonymized) -> str:
    contribution = one.contribution
    left = ", ".join(f"{n} {kind}" for kind, n in one.left_behind.items()) or "nothing else"
    remarks = "".join(f"<li>{html.escape(str(remark))}</li>" for remark in one.remarks)
    remarks = f"<ul>{remarks}</ul>" if remarks else ""
    return f"""<h2>Contribution {number}</h2>
<p class="left">Stays with you: {html.escape(left)}, the key, the receipt.</p>
{remarks}
<h3>About the organization and the assessment</h3>
<table>{"".join(_row(*row) for row in about_rows(contribution))}
</table>
<h3>Answers</h3>
<table>{"".join(_row(*row) for row in answer_rows(contribution))}</table>
"""


def _value(contribution: Contribution, name: str) -> tuple[str, str]:
    """Value of a field as it leaves, and what it means."""
    value = contribution.values.get(name)
    meaning = next(c.description for c in CONTRIBUTIONS.columns if c.name == name)
    if value is None:
        return "(nothing)", meaning
    if name in ATTRIBUTES:
        meaning = label(name, value)
    return (str(value).lower() if isinstance(value, bool) else str(value)), meaning


def _row(name: str, value: str, meaning: str) -> str:
    cells = f"<td><code>{html.escape(value)}</code></td><td>{html.escape(meaning)}</td>"
    return f'<tr><th scope="row">{html.escape(name)}</th>{cells}</tr>\n'


def _word(code: int) -> str:
    return NOT_APPLICABLE if code == -1 else str(code)
