"""
Share links and YAML files that the consortium's own web tool opens.
"""

from __future__ import annotations

from pkimm_analytics.assessment import Assessment
from pkimm_analytics.loaders.web_tool.link import compact, deflate, encode_link
from pkimm_analytics.loaders.web_tool.records import (
    is_first_generation,
    latin_texts,
    link_parts,
    record_1,
    record_2,
    texts,
)
from pkimm_analytics.model import Model
from pkimm_analytics.yaml_text import write_yaml

PAGE = "https://pkic.org/wg/pkimm/assessment/"
"""Page of the consortium's tool, 2.0.0 generation."""
PAGE_1 = "https://pkic.org/pkimm/tools/self-assessment/"
"""Page of the consortium's tool, 1.0.x."""


def write_link(assessment: Assessment, model: Model) -> str:
    """
    Write a share link that the consortium's own tool opens.

    Parameters
    ----------
    assessment : Assessment
    model : Model
        Its edition. Editions 1.0.0 and 1.1.0 are written as 1.0.x did.

    Returns
    -------
    str
        The link; :func:`dropped_by_link` says what it cannot hold.

    Raises
    ------
    AssessmentError
        If a text has characters that a link of 1.0.x cannot hold.
    """
    if is_first_generation(assessment):
        progress = compact(record_1(assessment, model)["progress"], ascii_only=True)
        parameters = {"progress": progress, **latin_texts(assessment)}
        return encode_link(PAGE_1, parameters)
    ratings, full = link_parts(assessment, model)
    names = {field: text.encode() for field, text in texts(assessment).items()}
    parameters = {"progress": compact(ratings), **names}
    if full is not None:
        parameters["full"] = deflate(compact(full))
    return encode_link(PAGE, parameters)


def write_yaml_export(assessment: Assessment, model: Model) -> str:
    """
    Write the YAML file that the consortium's own tool exports.

    Parameters
    ----------
    assessment : Assessment
    model : Model
        Its edition. Editions 1.0.0 and 1.1.0 are written as 1.0.x did.

    Returns
    -------
    str
        YAML; :func:`dropped_by_yaml` says what it cannot hold.
    """
    first = is_first_generation(assessment)
    return write_yaml(record_1(assessment, model) if first else record_2(assessment, model))
