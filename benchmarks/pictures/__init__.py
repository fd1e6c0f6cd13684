"""Benchmarks of `skerry.pictures`."""
