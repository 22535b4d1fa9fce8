"""The disclosure audit: compute what a reader of the public file can conclude about figures that it hides.

The steps: read what is published (`inputs`), as counts and equations (`equations`), as linear algebra (`intervals`), and compare
with the rules (`audit`, `disclosure_gate`). See `warehouse.disclosure` for the choice of hidden cells. It shares no code with
this package, so that neither repeats the other's mistakes.
"""
