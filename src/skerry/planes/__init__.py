"""Planes: images that are read, or computed, band of rows by band of rows.

Whoever works on images larger than memory says what is computed of what; how it is cut into bands, and how many threads
work on them, is decided here and changes no value. It imports nothing but `errors`.
"""
