"""What is computed of the pixels round every pixel, and of the islands of a mask, on planes.

Boxes, Gaussians, openings, erosions, islands: the loops of `kernels` put together with the bands of `planes`.
"""
