"""The same report is the same bytes in another process, zone, language and hash seed."""

import json
import os
import subprocess
import sys

import pytest

from tests.reports.test_reports import with_pdf

BUILD = """
import hashlib, json, sys
from pkimm_analytics.reports import build, render
from pkimm_analytics.synthetic import sample_history

before, now = sample_history(21)[3:5]
found = {}
for form in sys.argv[1:]:
    for kind, language in (("detailed", "de"), ("attestation", "en")):
        if (kind, form) == ("detailed", "pdf"):
            continue  # its layout takes seconds, and is that of the shorter one
        content = render(build(kind, now, previous=before, language=language), form)
        found[f"{kind} {form}"] = hashlib.sha256(content).hexdigest()
print(json.dumps(found))
"""


def built(form, **environment):
    """Digest of every report that another process writes."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, *form],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("form", [("html", "md", "docx"), ("pdf",)], ids=["text", "pdf"])
def test_another_process_writes_the_same_bytes(form):
    """
    Neither the order of a set nor the clock, the zone or the language of the machine matters.
    """
    pytest.importorskip("docx")
    with_pdf(form[0])
    one = built(form, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", LANG="C")
    other = built(form, PYTHONHASHSEED="2", TZ="Pacific/Auckland", LC_ALL="C.UTF-8", LANG="de_DE")
    assert one == other
    assert len(set(one.values())) == len(one)
