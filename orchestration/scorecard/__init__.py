"""Write the scorecard: a static site about one release, made from its public file alone.

`read_release` reads the file, `page_list` and `measure_page` prepare the pages, `site` renders and stores them. Texts are rows of
`published.texts`. See `orchestration.pipeline.publish_scorecard` for the site of a home.
"""

from orchestration.scorecard.site import ScorecardError, Site, UnknownLanguage, is_current, write_site

__all__ = ["ScorecardError", "Site", "UnknownLanguage", "is_current", "write_site"]
