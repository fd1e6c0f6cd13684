"""The names by which older programs call what skerry does, for scripts that were written for them.

A module stands for a program; nothing of the suite itself imports from here.
"""
