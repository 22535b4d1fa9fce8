"""Arguments and options that several commands share, and the text of examples in their help."""

from __future__ import annotations

from typing import Annotated

import typer

Source = Annotated[str, typer.Argument(help="A source, such as ucc__service_requests.")]
Measure = Annotated[str, typer.Argument(help="A measure of `measures list`.")]
ReleaseName = Annotated[str, typer.Argument(help="An id or a label from `releases list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Public = Annotated[bool, typer.Option("--public", help="Only what the public file contains.")]
Figures = Annotated[bool, typer.Option("--figures", help="The file of figures, which contains no record.")]
AudienceName = Annotated[str | None, typer.Option("--audience", help="The records of one audience, such as health.")]
Reason = Annotated[str, typer.Option(help="Why, without a person's name: quality.erasures keeps it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Remove without asking.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for a run that is active.", min=0)]


def examples(*lines: str) -> str:
    """Return the end of a command's help, with an example per line."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
