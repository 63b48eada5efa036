"""The engine: the step of any cell, run over time as fast as a kernel that was written for it.

A step is traced once (`tracing`), as a graph in an intermediate form (`form`) whose parts depend on parameters only, on
inputs, or on states. What depends on no state is computed for many time steps at once; for the rest, its derivative is
formed, what is to be kept for it is chosen, and both passes are laid out as programs (`planning`). An autograd function
runs them, in pieces of time (`running`): as C (`native`), or in torch (`eager`).

The plain loop stays the meaning of every cell: a kernel is used only after its outputs and gradients were found equal
to the loop's (`check`, `select`).
"""
