"""Benchmarks of `skerry.steps`."""
