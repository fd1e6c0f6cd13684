"""A field: its YAML file, the names of all its files, what its jobs ask for, and the commands of its imager.

It imports `config`, and `io` and `sky` to look at headers.
"""
