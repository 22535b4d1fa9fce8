"""Write, verify, publish, keep, compare and roll back releases: immutable sets of database files.

A run uses `sealing`, `exports` and `swapping`. At start-up `recovery` repairs an interrupted swap or
a damaged release. `history` lists, pins, prunes and rolls back; `rewriting` removes records from a release that is kept.
`audiences` makes the files for readers other than the data team and the public. `union` unites the public files of several
cities. `lake` and `parts` keep the rows of facts outside the files of releases.
`differences`, `public_differences` and `change_attribution` compare two releases. `manifest` defines the record of
a release, and `content_hash` the hash of its tables.
"""

from warehouse.releases.comparison.change_attribution import (
    Cause,
    ExplainedDifference,
    causes_by_measure,
    explain_differences,
    find_causes,
)
from warehouse.releases.comparison.differences import Differences, Revision, compare
from warehouse.releases.comparison.public_differences import PublicCounts, PublicDifferences, compare_public, count_changes
from warehouse.releases.content_hash import columns_hash, content_hash
from warehouse.releases.exports import write_exports
from warehouse.releases.history import (
    LabelTaken,
    PinsDamaged,
    ReleaseDiscloses,
    find,
    list_releases,
    pin,
    pins,
    prune,
    rollback,
    unpinned_quarters,
)
from warehouse.releases.lake import Lake, LakeOfAnotherHome, damaged_parts, lakes, missing_part, remove_unneeded, sealed_parts
from warehouse.releases.manifest import (
    BuildInputs,
    ErasedRecords,
    Manifest,
    NodeFingerprint,
    PartRecord,
    ReleaseCorrupt,
    UnknownRelease,
    known_releases,
    new_release_id,
    read_manifest,
    release_moment,
)
from warehouse.releases.recovery import recover
from warehouse.releases.rewriting import copy_equal_file, rewrite_release
from warehouse.releases.sealing import STORAGE_VERSION, Candidate, keep_release, verify, write_manifest
from warehouse.releases.swapping import Current, current, swap
from warehouse.releases.union import CannotUnite, write_union
from warehouse.releases.views import VIEW_SCHEMAS, create_analyst_views, create_public_views, drop_views
