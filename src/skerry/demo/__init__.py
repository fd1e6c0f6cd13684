"""The demo field, simulated as images and as visibilities, and its self-calibration. It makes no masks.

Nothing else imports it but the command line; it imports `io` and below.
"""
