"""Data sets: pinned sources, the cache, verification; vocabularies and batching."""
