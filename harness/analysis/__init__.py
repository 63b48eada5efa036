"""Statistics, comparison tables, and what is written from them."""
