"""Apply the terms of agreements at the start of a run: remove rows past `keep_for`, and collect agreements that end.

See `ingest.agreement_terms` for the terms and `orchestration.pipeline.ingest_source` for a source that is no longer read.
"""

from __future__ import annotations

import datetime as dt

from ingest.agreement_terms import AgreementStatus, AgreementTerms, agreement_terms
from ingest.contract.registry import Registry
from ingest.erasure import complete, plan_past_keeping
from ingest.erasure.plan import write_plan
from orchestration.runs.clock import utc_now
from orchestration.runs.delivery_location import DeliveryLocation
from warehouse.paths import Home


def remove_past_keeping(home: Home, location: DeliveryLocation, as_of: dt.datetime, trigger: str) -> list[str]:
    """Remove the rows that may not be kept any more from every place of the home; one sentence if there were any."""
    contracts = [contract for contract in location.registry if contract.agreement.keep_for]
    planned = plan_past_keeping(
        home, contracts, as_of, location.city.time_zone, f"run ({trigger})", utc_now().replace(microsecond=0)
    )
    if planned is None:
        return []
    write_plan(home, *planned)
    return complete(home)


def warnings_of_agreements(registry: Registry, as_of: dt.datetime) -> tuple[AgreementTerms, ...]:
    """The agreements that end soon or have ended."""
    terms = [agreement_terms(contract, as_of) for contract in registry]
    return tuple(each for each in terms if each.status in (AgreementStatus.ENDS_SOON, AgreementStatus.ENDED))
