"""The suppressor: which figures of persons the public file keeps back, so that nobody is given away.

Here: counts of persons and how they hang together (`counts`, `sums`), what a row shows of them (`units`), the choice of what is
hidden (`choice`, `program`), figures frozen as reported (`reported`), and all that was ever published (`ledger`). Not here: what
goes out at all (the publication plan, a seed), how a hidden row looks (the published models), and the attack on the result,
which shares no code with this (`expectations.disclosure`).
"""

from warehouse.disclosure.publication_ledger import record, remember, restore
from warehouse.disclosure.reported_figures import PLANNED, REPORTED
from warehouse.disclosure.suppress import Suppressed, next_due, suppress

__all__ = ["PLANNED", "REPORTED", "Suppressed", "next_due", "record", "remember", "restore", "suppress"]
