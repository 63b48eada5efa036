"""Tasks, recipes, the training loop, and what is measured while it runs."""
