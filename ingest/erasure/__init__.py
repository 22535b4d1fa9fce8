"""Remove records, or a whole source, from every place of a home: deliveries, landing, facts, the analyst file of each release.

`selection` finds the rows, `plan` is the list of what to remove and where, written to the home before anything changes, and
`execution` carries it out. A kill at any moment leaves a plan, which the next command that writes completes (`complete`).
Other packages import from here.
"""

from ingest.erasure.execution import complete
from ingest.erasure.plan import Place, Plan, copy_removals, discard_plan, read_plan
from ingest.erasure.planning import Selection, by_conditions, by_keys, plan_erasure, plan_past_keeping, plan_source_removal
