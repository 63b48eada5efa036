"""What stands instead of the table: rows under headings, for people and for programs.

Every two cells (`pairs`); what a time step `costs`; what it took to reach a `target`; and what `tuning` found.
"""
