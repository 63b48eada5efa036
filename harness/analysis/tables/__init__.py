"""Tables as text in rows and columns, before anything decides what a table looks like.

`sheet` has the scores, `overview` those over all tasks, `costs` what training took, and `footnotes` what stands below:
`caveats` of statistics among it. `numbers` says how a score is written.
"""
