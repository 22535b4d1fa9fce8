"""What every command says of an error, and its exit code.

Here: which errors are foreseen. Not here: their words, which the errors have themselves.
"""

from __future__ import annotations

from ingest.contract.registry import ContractError, UnknownSource
from ingest.sample import SampleError
from ingest.scaffold import DraftError
from orchestration.cli.display import complain
from orchestration.instance.server import AlreadyServed
from orchestration.runs import error_messages
from orchestration.runs.record import EXIT_BAD_ARGUMENTS, EXIT_BUSY, EXIT_UNEXPECTED
from orchestration.settings import ConfigurationError, Settings
from orchestration.transform.dbt_runner import DbtError
from warehouse.connection import WarehouseBusy, WarehouseError
from warehouse.lock import LockHeld
from warehouse.paths import HomeUnwritable
from warehouse.releases import ReleaseCorrupt, UnknownRelease

_BAD = (ConfigurationError, ContractError, DraftError, UnknownSource, HomeUnwritable, UnknownRelease, SampleError)


def code_of(error: Exception) -> int | None:
    """Tell of an error, and its exit code; None for one that nobody foresaw."""
    if isinstance(error, _BAD):
        return complain(error, EXIT_BAD_ARGUMENTS)
    if isinstance(error, (LockHeld, WarehouseBusy, AlreadyServed)):
        return complain(error, EXIT_BUSY)
    if isinstance(error, (WarehouseError, ReleaseCorrupt, DbtError)):
        return complain(error, EXIT_UNEXPECTED)
    machine = error_messages.told(error, Settings.from_environment().home)
    return None if machine is None else complain(machine, EXIT_UNEXPECTED)
