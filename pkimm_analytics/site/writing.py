"""
Publishing a site: verify, make, attack, and only then put in place.

The site is written beside its place and moved there as a whole. A site that stands
there already is replaced; a folder with anything else in it is left alone.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkimm_analytics.audit import Finding, Rules, scan_folder
from pkimm_analytics.benchmark import open_release
from pkimm_analytics.errors import DisclosureError, Problem
from pkimm_analytics.files import raised_as
from pkimm_analytics.release import mixed_rules, release_folders
from pkimm_analytics.site.checking import attack_pages, scan_files
from pkimm_analytics.site.contents import SITE_MANIFEST, read_files, sha256, site_files
from pkimm_analytics.site.pages import Appearance

_MOST_LISTED = 50
_REFUSED = "Something could be learned about few contributors. No site was made."


@dataclass(frozen=True, slots=True)
class Site:
    """
    A site on the disk.

    Parameters
    ----------
    folder : Path
    release : str
        Id of the release that it shows.
    releases : tuple of str
        Ids of all its releases, oldest first.
    n_files, n_bytes : int
    digest : str
        SHA-256 of its manifest, which lists every other file with its own.
    is_new : bool
        False if the same site was there already.
    """

    folder: Path
    release: str
    releases: tuple[str, ...]
    n_files: int
    n_bytes: int
    digest: str
    is_new: bool


def publish_site(
    releases: Sequence[Path],
    out: Path,
    *,
    rules: Rules | None = None,
    appearance: Appearance | None = None,
    pictures: Mapping[str, bytes] | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> Site:
    """
    Make a site from releases of one series.

    Parameters
    ----------
    releases : sequence of Path
        Folders of releases, or of folders of them. The newest quarter is shown.
    out : Path
        Folder of the site.
    rules : Rules, optional
        What the releases promise; the safe values if left out.
    appearance : Appearance, optional
        Title, language and so on.
    pictures : mapping of str to bytes, optional
        Logo and share image, by their names in the appearance.
    step : callable, optional
        Told what is done now, before it is done.

    Raises
    ------
    DisclosureError
        If a release is not as it was published, something could be learned from it or
        from the pages, or `out` holds something else. Nothing is changed then.
    """
    folders = find_releases(releases)
    _check_place(out, folders)
    step("Verifying releases")
    sources = [read_files(folder, open_release(folder)) for folder in folders]
    others = mixed_rules([source.bench.published for source in sources])
    if others:
        raise DisclosureError(
            "Releases that other rules made of the same contributions can be subtracted from"
            " each other. No site was made.",
            [Problem(name, "made with another policy or plan") for name in others],
        )
    _refuse([finding for folder in folders for finding in scan_folder(folder)])
    step("Writing pages")
    files = site_files(sources, appearance, pictures)
    step("Attacking pages")
    contact = (appearance or Appearance()).contact.removeprefix("mailto:").encode()
    _refuse(scan_files({name: _without(content, contact) for name, content in files.items()}))
    series = [source.bench for source in sources]
    _refuse(attack_pages(files, series, rules or Rules()))
    step("Putting in place")
    is_new = not _is_there(out, files)
    if is_new:
        _put(files, out)
    return Site(
        folder=out,
        release=series[-1].id,
        releases=tuple(bench.id for bench in series),
        n_files=len(files),
        n_bytes=sum(map(len, files.values())),
        digest=sha256(files[SITE_MANIFEST]),
        is_new=is_new,
    )


def find_releases(paths: Sequence[Path]) -> list[Path]:
    """
    Folders of releases, in the order of their quarters.

    Raises
    ------
    DisclosureError
        If a path is neither a release nor a folder of releases, or two are of one quarter.
    """
    found: dict[str, Path] = {}
    problems = []
    for path in paths:
        inside = [path] if (path / "manifest.json").is_file() else release_folders(path)
        if not inside:
            problems.append(Problem(path.name, "no release, and no folder of releases"))
        found |= {folder.name: folder for folder in inside}
    folders = sorted(found.values(), key=lambda folder: folder.name)
    quarters = [folder.name.split("-")[0] for folder in folders]
    problems += [
        Problem(quarter, "two releases are of this quarter; choose one")
        for quarter in sorted({q for q in quarters if quarters.count(q) > 1})
    ]
    if problems or not folders:
        raise DisclosureError("The releases cannot be used. No site was made.", problems)
    return folders


def _without(content: bytes, contact: bytes) -> bytes:
    """Leave out the address that the publisher wants to be written to."""
    return content.replace(contact, b"") if contact else content


def _refuse(found: Sequence[Finding]) -> None:
    if found:
        problems = [Problem(finding.where or "release", str(finding)) for finding in found]
        raise DisclosureError(_REFUSED, problems[:_MOST_LISTED])


# --- the folder --------------------------------------------------------------------------------


def _check_place(out: Path, folders: Sequence[Path]) -> None:
    """Refuse a folder that holds anything but a site, or that holds the releases."""
    place = out.resolve()
    if any(place == folder.resolve() or place in folder.resolve().parents for folder in folders):
        raise DisclosureError(
            "The site would replace its own releases. No site was made.",
            [Problem(out.name, "expected a folder of its own")],
        )
    if not out.exists():
        return
    foreign = _foreign(out) if out.is_dir() else ["a file of this name"]
    if foreign:
        problems = [Problem(out.name, f"{name} is not of a site") for name in foreign[:20]]
        raise DisclosureError("The folder holds something else. No site was made.", problems)


def _foreign(out: Path) -> list[str]:
    """Files that a site did not put there."""
    present = {p.relative_to(out).as_posix() for p in out.rglob("*") if not p.is_dir()}
    if not present:
        return []
    try:
        document = json.loads((out / SITE_MANIFEST).read_text(encoding="utf-8"))
        own = {str(entry["name"]) for entry in document["files"]} | {SITE_MANIFEST}
    except (OSError, ValueError, KeyError, TypeError):
        return sorted(present)
    return sorted(present - own)


def _is_there(out: Path, files: dict[str, bytes]) -> bool:
    if not out.is_dir():
        return False
    present = {p.relative_to(out).as_posix(): p for p in out.rglob("*") if p.is_file()}
    return present.keys() == files.keys() and all(
        path.read_bytes() == files[name] for name, path in present.items()
    )


def _put(files: dict[str, bytes], out: Path) -> None:
    """Write all files beside the place, then exchange the folders."""
    with raised_as(DisclosureError, "No site was made. It cannot be written"):
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
        try:
            for name, content in files.items():
                path = staging / "new" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            _exchange(staging / "new", out, staging / "old")
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _exchange(new: Path, place: Path, old: Path) -> None:
    """Move a folder to a place; what stood there comes back if that fails."""
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
