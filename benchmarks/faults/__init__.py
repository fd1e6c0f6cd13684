"""Faults, injected into every subcommand: kills, signals, full disks, limits, inputs that change, two writers.

`commands` describes the subcommands, `faults` what may happen to one, `oracle` what must hold after it, and `runner`
puts them together, with `interposer.c` for what is to happen at the n-th call of the file system. `python -m
benchmarks.faults` runs any number of them.
"""
