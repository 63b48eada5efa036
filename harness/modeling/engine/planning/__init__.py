"""From a step and its derivative to programs: what is done when, what is kept, and where it lies."""
