"""Provide `levelground docs`, which writes the documentation of the home as one static folder."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from orchestration.cli.display import err, out
from orchestration.docs_site import write_docs
from orchestration.settings import Settings


def docs(show: Annotated[bool, typer.Option("--open", help="Open the index page in a browser.")] = False) -> None:
    """Write guides, a catalogue of measures, tables and sources, gate results and dbt docs into the docs folder."""
    index = write_docs(Settings.from_environment())
    out.print(str(index))
    if show and not webbrowser.open(index.as_uri()):
        err.print("no browser could be started; open the page by hand")
