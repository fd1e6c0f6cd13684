"""The demo field, simulated as images and as visibilities, and its self-calibration. It makes no masks.

`demo_images` and `demo_sets` make the two kinds of what `demo_field` says. Nothing else imports it but the command
line; it imports `io` and below.
"""
