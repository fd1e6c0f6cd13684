"""Positions on the sky: beams, pixel grids, resampling from one to another, and the sum of beams.

It knows headers and coordinates, and no file and no option; it imports `filters`, `planes` and `kernels`.
"""
