"""Run one source on a copy of the home, for `levelground try`.

`home_copy` copies what a run reads, `run_trial` runs the stages on the copy, and collects what a developer of a source needs to
know. See `orchestration.pipeline` for the stages.
"""
