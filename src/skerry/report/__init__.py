"""A field at a glance: what is in its masks round by round, as one page of HTML that needs nothing beside it.

Everything on the page is read of the files that a run leaves; what is not there yet, or got lost, is told of, and the
rest is shown.
"""
