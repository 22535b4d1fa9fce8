"""Write the scorecard: a static site about one release, made from its public file alone.

`read_release` reads the file, `page_list` and `measure_page` prepare the pages, `render` renders them, `site` stores them.
`changes` compares with the public file of an earlier edition, `editions` keeps editions. Texts are rows of `published.texts`.
The internal site reads the analyst file too (`open_release`). See `orchestration.pipeline.publish_scorecard` for the site and
the editions of a home.
"""

from orchestration.scorecard.contact import Contact as Contact
from orchestration.scorecard.editions import Edition, EditionError, editions
from orchestration.scorecard.folders import refresh_public
from orchestration.scorecard.pages.render import ScorecardError
from orchestration.scorecard.release_data.changes import Cause, Earlier
from orchestration.scorecard.site import (
    Site,
    UnknownLanguage,
    is_current,
    may_be_replaced,
    put_in_place,
    render_ahead,
    text_pages,
    write_edition,
    write_internal_site,
    write_site,
)
