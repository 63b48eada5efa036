"""What a recurrent layer costs: time, floating-point operations and memory, measured beside others in one process.

`shape` and `candidate` say what is built, `subject` is what is timed, `measure` times subjects in turn. `flops` counts
what they compute, `peak` what the machine could at best, `memory` what a training step takes, and `load` what else the
machine was doing.
"""
