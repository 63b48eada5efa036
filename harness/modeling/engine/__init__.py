"""The engine: the step of any cell, run over time as fast as a kernel that was written for it.

A step is traced once (`trace`, `aten`), as a graph in an intermediate form (`graph`, `operators`) whose parts depend on
parameters only, on inputs, or on states (`parameters`, `split`). What depends on no state is computed for many time
steps at once. For the rest, its derivative is formed (`derive`), what is to be kept for it is chosen (`keep`), and both
passes are laid out as programs (`plan`, `program`). These are run as C (`emit`, `build`, `products`, `native`) or in
torch (`columns`, `terms`, `script`, `factor`, `eager`; on a GPU with `capture`) by an autograd function (`run`,
`evaluate`).

The plain loop stays the meaning of every cell: a kernel is used only after its outputs and gradients were found equal
to the loop's (`check`, `select`).
"""
