"""The subcommands on files, a module each: they open what is given, call the functions on planes and write products.

A step knows FITS and no arithmetic. It imports `masking`, `io` and below, and its files through `step_files`.
"""
