"""What skerry takes and how good its masks are, measured; run as `python -m benchmarks.ROOM.NAME` from the checkout."""
