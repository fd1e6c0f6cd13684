"""Reading and writing files: FITS, headers, the products of a step, and files that appear whole or not at all.

No other room opens a FITS file or replaces a file. It imports `sky`, `planes` and `kernels`.
"""
