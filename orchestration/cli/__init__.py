"""The command line: one module a command group, and what every command does with an error.

Here: the application and its exit codes. Not here: any work; a command calls one function and shows what comes back.
"""

from __future__ import annotations

import sys

import typer

from ingest.drafting import DraftError
from ingest.registry import ContractError, UnknownSource
from ingest.sample import SampleError
from orchestration import remedies
from orchestration.cli import alerts, docs, doctor, query, releases, run, sample, sources, status, ui
from orchestration.cli.display import complain
from orchestration.dbt_runner import DbtError
from orchestration.receipts import EXIT_BAD_ARGUMENTS, EXIT_BUSY, EXIT_UNEXPECTED
from orchestration.serving import AlreadyServed
from orchestration.settings import ConfigurationError, Settings
from warehouse.connection import WarehouseBusy, WarehouseError
from warehouse.lock import LockHeld
from warehouse.paths import HomeUnwritable
from warehouse.releases import ReleaseCorrupt, UnknownRelease

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The data warehouse of a city equity office."
)
app.command("run")(run.run)
app.add_typer(sources.app, name="sources")
app.command("status")(status.status)
# a query may begin with a comment, which looks like an option
app.command("query", context_settings={"ignore_unknown_options": True})(query.query)
app.add_typer(releases.app, name="releases")
app.add_typer(alerts.app, name="alerts")
app.command("sample")(sample.sample)
app.command("docs")(docs.docs)
app.command("ui")(ui.ui)
app.command("doctor")(doctor.doctor)

_BAD = (ConfigurationError, ContractError, DraftError, UnknownSource, HomeUnwritable, UnknownRelease, SampleError)


def main() -> None:
    """Run the command line; every foreseen error ends in a message and its exit code."""
    try:
        app()
    except _BAD as error:
        sys.exit(complain(error, EXIT_BAD_ARGUMENTS))
    except (LockHeld, WarehouseBusy, AlreadyServed) as error:
        sys.exit(complain(error, EXIT_BUSY))
    except (WarehouseError, ReleaseCorrupt, DbtError) as error:
        sys.exit(complain(error, EXIT_UNEXPECTED))
    except Exception as error:
        machine = remedies.told(error, Settings.from_environment().home)
        if machine is None:
            raise
        sys.exit(complain(machine, EXIT_UNEXPECTED))
