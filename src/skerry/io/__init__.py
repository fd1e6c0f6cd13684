"""Reading and writing files: FITS, headers, the products of a step and whether they may be written.

No other room opens a FITS file. It imports `planes` and `kernels`.
"""
