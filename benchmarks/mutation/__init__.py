"""Mutation testing of what computes without files: small changes of the code, each of which some test must notice."""
