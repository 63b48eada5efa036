"""Tables as text in rows and columns, before anything decides what a table looks like.

`sheet` has the scores, `overview` those over all tasks, `costs` what training took, and `footnotes` what stands below,
with the `caveats` of statistics. `numbers` says how a score is written.
"""
