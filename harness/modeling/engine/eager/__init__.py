"""Programs as operations of torch: without a compiler, and on a GPU."""
