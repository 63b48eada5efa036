"""The intermediate form of a step: a graph of values, its operators, and its derivative."""
