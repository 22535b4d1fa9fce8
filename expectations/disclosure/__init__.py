"""The disclosure audit: compute what a reader of the public file can conclude about figures that it hides.

The steps: read what is published (`audit_inputs`), as counts and equations (`cells`, `sum_equations`, `figure_equations`), as
linear algebra (`linear_system`, `bound_propagation`, `linear_programs`, `feasibility_intervals`), and compare with the rules
(`audit`, `gate`). See `warehouse.disclosure` for the choice of hidden cells. It shares no code with this package, so that
neither repeats the other's mistakes.
"""
