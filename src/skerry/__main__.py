"""Run skerry as `python -m skerry`."""

from skerry.cli import run

run()
