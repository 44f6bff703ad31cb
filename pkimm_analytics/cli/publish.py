"""Command that makes the static site: ``pkimm publish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pkimm_analytics.cli.console import (
    JsonOption,
    ends_cleanly,
    out,
    print_json,
    progress_bar,
    say,
    shown,
)

STEPS = 4


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("publish")(publish_command)


@ends_cleanly
def publish_command(
    site: Annotated[Path, typer.Option("--out", "-o", help="Folder of the site. Public.")],
    release: Annotated[
        list[Path] | None,
        typer.Option(
            "--release",
            "-r",
            help="Release to show, or a folder of releases; give it again for a trend.",
        ),
    ] = None,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Show the invented releases of `pkimm demo`, made first if need be."
        ),
    ] = False,
    policy: Annotated[
        Path | None,
        typer.Option(help="Disclosure policy to attack by; the shipped one if left out."),
    ] = None,
    title: Annotated[str, typer.Option(help="Name of the benchmark.")] = "",
    language: Annotated[str, typer.Option(help="Language of the pages: en or de.")] = "en",
    logo: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Picture beside the title.")
    ] = None,
    contact: Annotated[str, typer.Option(help="Where to write: https://… or mailto:…")] = "",
    take_part: Annotated[str, typer.Option(help="Where to take part: https://…")] = "",
    license_: Annotated[
        str, typer.Option("--license", help="How the figures may be used, in a sentence.")
    ] = "",
    citation: Annotated[str, typer.Option(help="How to quote a figure.")] = "",
    share_image: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Picture shown with shared links."),
    ] = None,
    address: Annotated[
        str, typer.Option(help="Where the site will stand: https://…; for the share image.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a static site of releases: no server, no network, nothing sent."""
    from pkimm_analytics.cli.dashboards import demo_workspace
    from pkimm_analytics.cli.demo import make_releases
    from pkimm_analytics.disclosure import load_policy
    from pkimm_analytics.site import Appearance, publish_site

    if bool(release) == demo:
        raise typer.BadParameter("Give either --release or --demo.")
    for name, value in {"contact": contact, "take-part": take_part, "address": address}.items():
        if value and not value.startswith(("https://", "http://", "mailto:")):
            raise typer.BadParameter(f"--{name}: expected an address: https://… or mailto:…")
    pictures = {"logo": logo, "share": share_image}
    names = {name: f"{name}{path.suffix}" for name, path in pictures.items() if path}
    look = Appearance(
        title=title,
        language=language,
        logo=names.get("logo", ""),
        share_image=names.get("share", ""),
        contact=contact,
        take_part=take_part,
        license=license_,
        citation=citation,
        address=address,
    )
    contents = {names[name]: path.read_bytes() for name, path in pictures.items() if path}
    checked = load_policy(policy)
    rules = checked.rules
    places = release or [make_releases(demo_workspace())]
    with progress_bar("Making the site", STEPS) as advance:
        made = publish_site(
            places,
            site,
            rules=rules,
            appearance=look,
            pictures=contents,
            step=lambda _: advance(),
        )
    if as_json:
        print_json(
            {
                "format": "pkimm-published/1",
                "folder": str(made.folder),
                "release": made.release,
                "releases": list(made.releases),
                "files": made.n_files,
                "bytes": made.n_bytes,
                "manifest": f"sha256:{made.digest}",
                "is_new": made.is_new,
            }
        )
        return
    what = "made" if made.is_new else "there already, unchanged"
    out().print(f"[green]{what}[/] [dim]→[/] {shown(str(made.folder / 'index.html'))}")
    say(f"{len(made.releases)} release(s), {made.n_files} files, {made.n_bytes:,} bytes.")
