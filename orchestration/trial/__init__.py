"""Build one source and its measures into a throw-away release, for `levelground try`.

`throwaway_home` copies what the build needs from the home, `run_trial` runs the stages of a run on the copy, and `findings` reads
what a developer of a source needs to know from the result. See `orchestration.pipeline` for the stages.
"""
