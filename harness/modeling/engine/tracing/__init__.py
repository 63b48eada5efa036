"""From what a step asks of torch to the intermediate form."""
