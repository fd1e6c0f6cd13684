"""Benchmarks of `skerry.field`."""
