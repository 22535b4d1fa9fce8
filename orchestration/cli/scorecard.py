"""Provide `levelground scorecard`: write the public site of a release, and show it on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.display import out
from orchestration.pipeline.publish_scorecard import publish_scorecard
from orchestration.scorecard import Site, write_site
from orchestration.scorecard.serve import serve as serve_folder
from orchestration.settings import ConfigurationError, Settings
from warehouse.paths import PUBLIC_FILE
from warehouse.releases import find, verify


def scorecard(
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Write into this folder instead of published/scorecard/.", show_default=False)
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Only this language; can be given several times.", show_default=False)
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="An id or a label from `releases list`; needs --out.", show_default=False)
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Show the site on localhost until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="The port of --serve.")] = 8000,
) -> None:
    """Write the scorecard of a release as one static folder, in every language of its texts.

    Every run that releases writes it into published/scorecard/. Copy the folder to any web server, or open its index.html.
    """
    settings = Settings.from_environment()
    site = _write(settings, out_folder, tuple(language or ()), release)
    out.print(f"{site.pages} pages, {site.bytes / 1e6:.1f} MB, of release {site.release_id}", markup=False)
    for code, number in site.untranslated.items():
        out.print(f"{code}: {number} texts have no translation and appear in English", markup=False)
    out.print(str(site.index), markup=False)
    if serve:
        serve_folder(site.index.parent, port, lambda address: out.print(f"{address} (Ctrl-C ends it)", markup=False))


def _write(settings: Settings, folder: Path | None, languages: tuple[str, ...], release: str | None) -> Site:
    home = settings.home
    if folder is None and release is not None:
        raise ConfigurationError("--release needs --out FOLDER: published/scorecard/ is of the published release")
    if folder is None:
        home.ensure()
        site = publish_scorecard(settings, languages=languages)
        if site is None:
            raise ConfigurationError("nothing is published yet; run `levelground run`")
        return site
    release_id = find(home, release or "current")
    verify(home, release_id)
    return write_site(home.release(release_id) / PUBLIC_FILE, folder.absolute(), languages, settings.scorecard_url or "")
