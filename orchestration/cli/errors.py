"""Map expected errors to exit codes and print their messages. The error classes contain the wording."""

from __future__ import annotations

from ingest.contract.registry import ContractError, UnknownSource
from ingest.contract_draft import DraftError
from ingest.errors import SampleError
from ingest.layers import LayerError
from orchestration.cli.display import print_error
from orchestration.cli.release.chosen_file import CannotShow
from orchestration.instance.processes import DaemonAlreadyRunning
from orchestration.runs.errors import DbtError, StepError, explain, explain_full_disk
from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_BUSY, EXIT_UNEXPECTED
from orchestration.scorecard import EditionError, ScorecardError, UnknownLanguage
from orchestration.settings import ConfigurationError, Settings
from warehouse.connection import WarehouseBusy, WarehouseError
from warehouse.disclosure import LedgerDamaged
from warehouse.lock import LockHeld
from warehouse.metadata.home_version import HomeOfNewerVersion
from warehouse.paths import HomeUnwritable
from warehouse.releases import CannotUnite, PinsDamaged, ReleaseCorrupt, ReleaseDiscloses, UnknownRelease

_BAD_ARGUMENTS = (
    ConfigurationError,
    UnknownLanguage,
    EditionError,
    ContractError,
    LayerError,
    DraftError,
    UnknownSource,
    HomeOfNewerVersion,
    HomeUnwritable,
    UnknownRelease,
    ReleaseDiscloses,
    SampleError,
    CannotUnite,
)


def report_error(error: Exception) -> int | None:
    """Print an expected error and return its exit code; return None for an unexpected one."""
    if isinstance(error, CannotShow):
        return print_error(error, error.exit_code)
    if isinstance(error, _BAD_ARGUMENTS):
        return print_error(error, EXIT_BAD_ARGUMENTS)
    if isinstance(error, (LockHeld, WarehouseBusy, DaemonAlreadyRunning)):
        return print_error(error, EXIT_BUSY)
    if isinstance(error, (WarehouseError, ReleaseCorrupt, PinsDamaged, LedgerDamaged, DbtError, StepError, ScorecardError)):
        full = explain_full_disk(Settings.from_environment().home, error)
        return print_error(full or error, EXIT_UNEXPECTED)
    machine = explain(error, Settings.from_environment().home)
    return None if machine is None else print_error(machine, EXIT_UNEXPECTED)
