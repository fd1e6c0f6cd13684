"""Benchmarks of `skerry.workflow`."""
