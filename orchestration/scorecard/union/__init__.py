"""Write the site that compares cities, from the file of `levelground cities union` alone: a page per gap and per city."""

from orchestration.scorecard.union.union_site import write_union_site as write_union_site
