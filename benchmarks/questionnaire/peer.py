"""
The same form in Streamlit: one radio for each question, a live radar and scores.

Streamlit runs the whole script at each click, which is what is compared. It stores
nothing, so it does less than ours: no file is written at a click.

Run it: streamlit run peer.py -- form.json
"""

import json
import sys
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

FORM = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


def mean(pairs: list[tuple[float, int]]) -> float | None:
    """Weighted mean; None where there is nothing."""
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


st.set_page_config(layout="wide")
chart = st.container()
levels: dict[str, int] = {}
for page in FORM["pages"]:
    st.subheader(page["title"])
    for question in page["questions"]:
        st.markdown(f"**{question['title']}**")
        st.caption(question.get("text", ""))
        words = question.get("levels") or [""] * 5
        answer = st.radio(
            question["title"],
            range(1, 6),
            index=None,
            format_func=lambda n, words=words: f"{n} {FORM['level_names'][n - 1]} {words[n - 1]}",
            key=question["target"],
            label_visibility="collapsed",
        )
        if answer:
            levels[question["target"]] = answer

categories: dict[str, list[tuple[float, int]]] = {}
for page in FORM["pages"]:
    for question in page["questions"]:
        if question["target"] in levels:
            key = ".".join(question["key"].split(".")[:2])
            categories.setdefault(key, []).append((levels[question["target"]], question["weight"]))
scores = {key: mean(pairs) for key, pairs in categories.items()}
known = [(score, 1) for score in scores.values() if score]
overall = mean(known)
with chart:
    st.markdown(f"Overall: {overall:.4f}" if overall else "Overall: none")
    figure = go.Figure(go.Scatterpolar(r=list(scores.values()), theta=list(scores), fill="toself"))
    st.plotly_chart(figure)
