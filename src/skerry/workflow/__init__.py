"""A field as jobs: Snakemake, where it runs them, the queue of a cluster, and the table at the end.

It imports `field` and below; the rules in `rules/` import it.
"""
