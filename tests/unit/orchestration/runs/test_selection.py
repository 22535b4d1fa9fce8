"""What a run ingests is named by sources and a month; a wrong name is refused before anything runs."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest.contract.registry import UnknownSource
from orchestration.runs.selection import months, selected_sources
from orchestration.settings import ConfigurationError
from tests.support.shipped import shipped_registry

REGISTRY = shipped_registry()
BY_PERIOD = ("assessor__property_sales", "comptroller__checkbook", "doa__arpa_projects", "mcme__deaths", "ucc__service_requests")


def test_a_month_has_its_first_and_last_day() -> None:
    assert months("2024-02") == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert months("2023-11..2024-02") == (dt.date(2023, 11, 1), dt.date(2024, 2, 29))


@pytest.mark.parametrize(
    "text", ["2024", "2024-13", "2024-3", "March", "2024-03-01", "2024-01..", "2024-01..2024-13", "2024-01-2024-03"]
)
def test_anything_else_is_no_month(text: str) -> None:
    with pytest.raises(ConfigurationError, match="2024-03"):
        months(text)


def test_months_are_in_their_order() -> None:
    with pytest.raises(ConfigurationError, match="earlier month first"):
        months("2024-03..2024-01")


def test_a_period_is_of_the_sources_whose_deliveries_replace_periods() -> None:
    assert selected_sources(REGISTRY, (), None) == ()
    assert selected_sources(REGISTRY, (), "2024-03") == BY_PERIOD
    assert selected_sources(REGISTRY, ["ucc__service_requests"], "2024-03") == ("ucc__service_requests",)
    with pytest.raises(ConfigurationError, match=r"dpi__act cannot be ingested again.*ucc__service_requests"):
        selected_sources(REGISTRY, ["dpi__act"], "2024-03")
    with pytest.raises(UnknownSource):
        selected_sources(REGISTRY, ["ucc__servce_requests"], None)
