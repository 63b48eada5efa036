"""The regression gate: results held against a baseline that is committed.

`figures` takes from records what is compared, `baseline` keeps it as a file, `inferiority` has the test, `verdicts`
passes judgement, and `formats` writes it for people and for programs.
"""
