"""Benchmarks of `skerry.demo`."""
