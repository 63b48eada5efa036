"""Programs as C: written, compiled, kept and called."""
