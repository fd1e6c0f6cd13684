"""Benchmarks of `skerry.cli`."""
