"""Browser libraries of others, byte for byte as they were published; see README.md."""

from __future__ import annotations

from importlib import resources

LIBRARIES = (
    "preact.umd.js",
    "preact-hooks.umd.js",
    "htm.umd.js",
    "js-yaml.umd.min.js",
    "js-sha256.min.js",
)

_LEFT_OUT = ("//# sourceMappingURL=", " * @author")
"""Lines that name files which are not there, and addresses of persons."""


def joined(*names: str) -> str:
    """
    Return libraries as one script, which also runs inside a module.

    A page that loads scripts by AMD, such as JupyterLab, does not see them: they define
    their global names and nothing else.

    Parameters
    ----------
    *names : str
        Of :data:`LIBRARIES`, in the order in which they need each other; all if left out.
    """
    folder = resources.files(__name__)
    texts = [(folder / name).read_text(encoding="utf-8") for name in names or LIBRARIES]
    lines = [line for text in texts for line in text.splitlines() if not line.startswith(_LEFT_OUT)]
    body = "\n".join(lines)
    return f"(function (exports, module, define) {{\n{body}\n}}).call(globalThis);\n"
