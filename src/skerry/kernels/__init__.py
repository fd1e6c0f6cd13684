"""The loops over pixels: no checks, no files, no options.

A module here is the face of a C module of the same name, or takes arrays and planes that its caller has checked and
says what it computes in the plainest terms, so that it can be replaced by a faster one without a change above it.
"""
