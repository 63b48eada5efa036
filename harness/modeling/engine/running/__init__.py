"""Running a plan over a sequence, forward and backward, whatever runs its programs."""
