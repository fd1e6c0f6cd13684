"""The arithmetic behind the demo field: a sky, and what a telescope with imperfect gains makes of it.

It knows arrays only, so that the same sky can be put through other telescopes; `skerry.simulate` knows the files.
"""
