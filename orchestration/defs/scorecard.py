"""Define the scorecard as an asset: the public site about the release, written after the swap.

Dagster reads the annotations of steps at run time, so this module must not postpone them.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.defs.asset_specs import RELEASE_KEY, SCORECARD_KEY, TEAM
from orchestration.defs.groups import RELEASE
from orchestration.defs.resources import RunResource
from orchestration.instance.web.site_files import SCORECARD
from orchestration.pipeline import stages
from orchestration.scorecard import Site
from orchestration.settings import Settings

WRITTEN = "site_written"


def scorecard_asset() -> dg.AssetsDefinition:
    """Return the site. A site that could not be written fails its check and not the run: the release is published."""

    @dg.asset(
        key=SCORECARD_KEY,
        deps=[RELEASE_KEY],
        group_name=RELEASE,
        kinds={"html"},
        owners=[TEAM],
        output_required=False,
        description="Writes the public scorecard of the release: a static site in every language of its texts.",
        check_specs=[dg.AssetCheckSpec(WRITTEN, asset=SCORECARD_KEY, description="Every page could be written.")],
    )
    def write(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        site = stages.scorecard(run.context)
        problem = run.context.record.scorecard_problem
        if site is not None:
            yield dg.MaterializeResult(metadata=site_metadata(run.context.settings, site))
        if problem:
            context.log.error(f"the earlier scorecard stays: {problem}")
        yield dg.AssetCheckResult(
            asset_key=SCORECARD_KEY, check_name=WRITTEN, passed=problem is None, metadata={"problem": problem} if problem else {}
        )

    return write


def site_metadata(settings: Settings, site: Site) -> dict[str, Any]:
    """Return a link to the site, its size, and the number of texts that each language shows in English."""
    link = dg.MetadataValue.url(f"{settings.scorecard_url or SCORECARD}/index.html")
    untranslated = {f"untranslated_{language}": number for language, number in site.untranslated.items()}
    return {
        "scorecard": link,
        "release_id": site.release_id,
        "pages": site.pages,
        "megabytes": round(site.bytes / 1e6, 2),
        **untranslated,
    }
