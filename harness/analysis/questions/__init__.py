"""What else is asked of the same runs.

Over all tasks (`across`); at a smaller `budget` (`earlier`, `leaders`); what it takes to reach a `target`; what
`tuning` found; of a `selection` of the runs, in another `order`; and who should get more seeds (`sequential`).
"""
