"""What stands instead of the table: rows under headings, for people and for programs.

Of every two cells (`pairs`), of what a time step `costs`, of what it took to reach a `target`, and of `tuning`.
"""
