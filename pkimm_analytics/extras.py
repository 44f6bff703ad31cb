"""
Libraries that the smallest installation does without, and the extra that has each.

A command or a page that needs one imports it when it needs it. Where it is missing, this
says what to install; nobody asks for libraries beforehand.
"""

from __future__ import annotations

from pkimm_analytics.errors import PkimmError

LIBRARIES = {
    "anywidget": "dashboards",
    "ipywidgets": "dashboards",
    "jupyterlab": "dashboards",
    "plotly": "dashboards",
    "tornado": "dashboards",
    "voila": "dashboards",
    "cryptography": "reports",
    "docx": "reports",
    "matplotlib": "reports",
    "weasyprint": "reports",
    "pingouin": "feedback",
    "sklearn": "feedback",
    "statsmodels": "feedback",
    "krippendorff": "agreement",
    "pyspark": "spark",
}
"""Each library by the name that is imported, with the extra that installs it."""


def missing_extra(error: ModuleNotFoundError) -> PkimmError:
    """
    Say which extra to install for a library that is not there.

    Raises
    ------
    ModuleNotFoundError
        The error itself, if no extra of ours has the library.

    Examples
    --------
    >>> missing_extra(ModuleNotFoundError(name="docx.shared")).message
    "This needs docx. Install it with: pip install 'pkimm-analytics[reports]'"
    """
    library = (error.name or "").partition(".")[0]
    if library not in LIBRARIES:
        raise error
    extra = LIBRARIES[library]
    return PkimmError(
        f"This needs {library}. Install it with: pip install 'pkimm-analytics[{extra}]'"
    )
