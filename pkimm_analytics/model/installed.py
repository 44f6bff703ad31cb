"""
Editions and extensions that the user added, and the choice among all of them.

``pkimm models add`` keeps the file as it was, named by its digest, in the user's
data folder. From then on its words are shown in place of the shipped ones.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import platformdirs

from pkimm_analytics.errors import ModelError, PkimmError, Problem, UnknownEditionError
from pkimm_analytics.files import check_size, read_limited, write_atomically
from pkimm_analytics.model.official import read_definition
from pkimm_analytics.model.shipped import shipped_extensions, shipped_model, shipped_versions
from pkimm_analytics.model.structure import Edition, Extension, Model

NEWEST = "2.0.0"
"""Edition that a new assessment uses unless another one is asked for."""


def models_folder() -> Path:
    """Folder of installed definitions: ``PKIMM_HOME`` or the user's data folder."""
    home = os.environ.get("PKIMM_HOME")
    base = Path(home) if home else Path(platformdirs.user_data_path("pkimm", appauthor=False))
    return base / "models"


def add_definition(content: bytes, name: str) -> Model | Extension:
    """
    Check a model or extension file and keep it.

    Parameters
    ----------
    content : bytes
        The file, UTF-8.
    name : str
        How to call it in messages.

    Returns
    -------
    Model or Extension
        What was installed. Adding the same file twice changes nothing.

    Raises
    ------
    SourceFormatError, ModelError
        If the file is not readable or not valid; nothing is then kept.
    """
    check_size(name, len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            f"{name} is not UTF-8 text. Nothing was installed.",
            [Problem(f"{name}, byte {error.start + 1}", "expected UTF-8")],
        ) from None
    definition = read_definition(text, name)
    digest = definition.text_digest if isinstance(definition, Model) else definition.digest
    kind = "model" if isinstance(definition, Model) else f"extension-{definition.id}"
    file = f"{kind}-{definition.version}-{digest.removeprefix('sha256:')[:16]}.yaml"
    write_atomically(models_folder() / file, content)
    return definition


def models() -> tuple[Model, ...]:
    """Every edition at hand, shipped ones first, then installed ones by version."""
    installed = sorted((d for d in _installed() if isinstance(d, Model)), key=_version_order)
    return (*(shipped_model(version) for version in shipped_versions()), *installed)


def extensions() -> tuple[Extension, ...]:
    """Every extension version at hand, shipped ones first."""
    return (*shipped_extensions(), *(d for d in _installed() if isinstance(d, Extension)))


def load_model(version: str = NEWEST, digest: str | None = None) -> Model:
    """
    One edition, in the official words if the user installed them.

    Parameters
    ----------
    version : str
        For example ``"2.0.0"``.
    digest : str, optional
        Digest of the structure. Without it the shipped structure of that version,
        or else the one installed edition of that version.

    Raises
    ------
    UnknownEditionError
        If no edition fits, or several do and the digest does not decide.
    """
    fitting = [m for m in models() if m.version == version and digest in (None, m.digest)]
    if not fitting:
        known = ", ".join(str(m.edition) for m in models())
        wanted = f"{version} with digest {digest}" if digest else version
        raise UnknownEditionError(
            f"PKIMM {wanted} is not installed. Known editions: {known}."
            " Add its file with: pkimm models add FILE"
        )
    structure = fitting[0].digest
    if not fitting[0].official or len({m.digest for m in fitting}) == 1:
        return [m for m in fitting if m.digest == structure][-1]
    raise UnknownEditionError(
        f"Several editions of PKIMM {version} are installed; name the digest: "
        + ", ".join(m.digest for m in fitting)
    )


def model_of(edition: Edition) -> Model:
    """Model of the edition that an assessment names."""
    return load_model(edition.version, edition.digest)


def find_model(version: str, keys: Collection[str]) -> Model:
    """
    Find the edition of a version whose elements best fit the keys of a source.

    The smallest edition that has all keys; where none has all of them, the one that
    lacks the fewest. Ties go to the shipped edition.

    Raises
    ------
    UnknownEditionError
        If no edition of that version is installed.
    """
    candidates = [m for m in models() if m.version == version]
    if not candidates:
        return load_model(version)
    best = min(candidates, key=lambda m: (len(set(keys) - m.keys), len(m.keys)))
    return load_model(best.version, best.digest)


def rival_editions(model: Model, keys: Collection[str]) -> tuple[Model, ...]:
    """Other editions of the same version that fit the keys of a source just as well."""
    n_lacking = len(set(keys) - model.keys)
    found = {
        m.digest: m
        for m in models()
        if m.version == model.version
        and m.digest != model.digest
        and len(m.keys) == len(model.keys)
        and len(set(keys) - m.keys) == n_lacking
    }
    return tuple(found.values())


def load_extension(id_: str, version: str | None = None, *, model: str | None = None) -> Extension:
    """
    One extension.

    Parameters
    ----------
    id_ : str
        For example ``"pqc"``.
    version : str, optional
        Version of the extension.
    model : str, optional
        Version of the model that it must be compatible with, used where `version`
        is not given.

    Raises
    ------
    UnknownEditionError
        If none fits.
    """
    fitting = [e for e in extensions() if e.id == id_ and version in (None, e.version)]
    if version is None and model is not None:
        fitting = [e for e in fitting if model in e.compatibility]
    if not fitting:
        known = ", ".join(sorted({f"{e.id} {e.version}" for e in extensions()}))
        wanted = " ".join(filter(None, [id_, version, f"for PKIMM {model}" if model else ""]))
        raise UnknownEditionError(
            f"Extension {wanted} is not installed. Known: {known}."
            " Add its file with: pkimm models add FILE"
        )
    return fitting[-1]


def _installed() -> tuple[Model | Extension, ...]:
    folder = models_folder()
    if not folder.is_dir():
        return ()
    return tuple(
        definition
        for path in sorted(folder.glob("*.yaml"))
        if (definition := _read(path, path.stat().st_mtime_ns, path.stat().st_size)) is not None
    )


@lru_cache(maxsize=64)
def _read(path: Path, _modified: int, _size: int) -> Model | Extension | None:
    try:
        return read_definition(read_limited(path).decode("utf-8-sig"), path.name)
    except (PkimmError, UnicodeDecodeError):
        return None  # a damaged copy must not stop every command; `models list` names it


def damaged_files() -> tuple[Path, ...]:
    """Files in the models folder that cannot be read any more."""
    folder = models_folder()
    if not folder.is_dir():
        return ()
    return tuple(
        path
        for path in sorted(folder.glob("*.yaml"))
        if _read(path, path.stat().st_mtime_ns, path.stat().st_size) is None
    )


def _version_order(model: Model) -> tuple[tuple[int, ...], str]:
    return tuple(int(part) for part in model.version.split(".")), model.digest
