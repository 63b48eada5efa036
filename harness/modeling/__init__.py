"""Cell and layer contracts, the recurrence over time, and the models assembled from them."""
