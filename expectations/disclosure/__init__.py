"""The attacker: what can a reader of the public file conclude about figures that it hides?

Here: everything of that question, in steps: what is out (`reading`), as figures and equations (`cells`, `relations`, `facts`),
as linear algebra (`system`, `propagation`, `programs`, `intervals`), and whether it is too much (`judgement`, `gate`). Not
here: what should be hidden (`warehouse.disclosure`, with which this package shares no code, so that neither repeats the other's
mistakes).
"""
