"""What travels unseen in files, and how it is found."""

import io
import json
import os
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkimm_analytics.audit import Secrets, scan_file, scan_folder

CANARY = "Canary Bank of Nowhere"
SECRETS = Secrets(words=[CANARY], level_counts={(1, 2, 2, 1, 1)})


def ids(name, content, secrets=SECRETS):
    """Attacks that found something in a file."""
    return {finding.attack for finding in scan_file(name, content, secrets)}


def parquet(table, **options):
    """Bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def test_a_plain_table_and_page_pass():
    """
    Nothing is found where nothing is.
    """
    table = pa.table({"measure": ["a", "b"], "value": [0.2, 0.4]})
    assert ids("x.parquet", parquet(table, write_statistics=False, store_schema=False)) == set()
    assert ids("x.md", b"# A page\n\nWith 10 numbers: [1, 2, 3].\n") == set()


def test_unused_categories_stay_in_a_parquet_file():
    """
    Fifteen rows are left of thirty organizations, and all thirty names.
    """
    frame = pd.DataFrame({"name": pd.Categorical([f"organization-{i}" for i in range(30)])})
    content = parquet(pa.Table.from_pandas(frame[:15], preserve_index=False))
    found = [f.learned for f in scan_file("x.parquet", content)]
    assert "column name keeps 15 value(s) that no row has" in found
    assert any(text.startswith("key-value metadata") for text in found)


def test_attributes_index_statistics_and_row_groups_are_seen():
    """
    What pandas and Arrow write unless told not to.
    """
    frame = pd.DataFrame({"level": np.arange(20) % 5})
    frame = frame[frame["level"] != 2]
    frame.attrs["contact"] = CANARY
    content = parquet(pa.Table.from_pandas(frame), row_group_size=2)
    learned = " ".join(f.learned for f in scan_file("x.parquet", content, SECRETS))
    for part in ("metadata", "statistics", "row groups", "index column", "must not leave"):
        assert part in learned


def test_charts_that_keep_their_column_are_found():
    """
    A box, violin or histogram holds each value, as base64.
    """
    px = pytest.importorskip("plotly.express")
    levels = np.array([3, 1, 2, 5, 2, 4, 3], np.int8)
    for chart in (px.box(y=levels), px.violin(y=levels, points=False), px.histogram(x=levels)):
        page = chart.to_html(include_plotlyjs=False).encode()
        assert {"T24", "T25"} <= ids("chart.html", page)


def test_a_box_of_quartiles_passes():
    """
    It holds nothing but what it shows.
    """
    go = pytest.importorskip("plotly.graph_objects")
    chart = go.Figure(go.Box(q1=[2], median=[3], q3=[4], lowerfence=[1], upperfence=[5]))
    assert ids("chart.html", chart.to_html(include_plotlyjs=False).encode()) == set()


def test_details_of_points_and_long_arrays_are_found():
    """
    Hover texts, ids, and any array with room for everybody.
    """
    figure = {"data": [{"type": "bar", "x": [1], "customdata": [["a"]]}]}
    assert ids("f.json", json.dumps(figure).encode()) == {"T25"}
    assert ids("f.json", json.dumps({"y": list(range(500))}).encode()) == {"T24"}


def test_a_notebook_that_was_run_tells_when_and_where():
    """
    Times of execution, and a path of a user in a traceback.
    """
    cell = {
        "metadata": {"execution": {"iopub.execute_input": "2026-01-01T00:00:00Z"}},
        "outputs": [{"traceback": ["Traceback (most recent call last)", "/home/someone/x.py"]}],
    }
    found = scan_file("a.ipynb", json.dumps({"cells": [cell]}).encode())
    assert len([f for f in found if f.attack == "T27"]) == 3


def test_an_archive_tells_when_it_was_packed():
    """
    Unless its members carry the fixed date.
    """
    for date, expected in (((1980, 1, 1, 0, 0, 0), set()), ((2026, 5, 4, 3, 2, 0), {"T27"})):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as target:
            target.writestr(zipfile.ZipInfo("a.txt", date), "text")
        assert ids("a.zip", archive.getvalue()) == expected


def test_a_mail_address_and_a_share_link_are_found():
    """
    Without knowing them before.
    """
    link = "https://tool.example/#a=" + "x" * 60
    assert ids("a.md", f"Write to someone@example.org or {link}".encode(), Secrets()) == {"T26"}


def test_what_cannot_be_searched_is_a_finding(tmp_path):
    """
    Links, pipes and what is nested too deeply: a server or an archive would pass them on.
    """
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "names.txt").write_text(CANARY)
    site = tmp_path / "site"
    site.mkdir()
    (site / "folder").symlink_to(tmp_path / "outside")
    (site / "file").symlink_to(tmp_path / "outside" / "names.txt")
    (site / "gone").symlink_to("nowhere")
    os.mkfifo(site / "pipe")
    (site / "deep.json").write_text("[" * 100_000)
    found = {f.where: f.attack for f in scan_folder(site, SECRETS)}
    assert found == dict.fromkeys(["folder", "file", "gone", "pipe"], "T27") | {"deep.json": "T24"}
