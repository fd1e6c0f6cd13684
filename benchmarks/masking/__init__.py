"""Benchmarks of `skerry.masking`."""
