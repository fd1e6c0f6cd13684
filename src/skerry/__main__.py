"""Run skerry as `python -m skerry`."""

import sys

from skerry.cli import main

sys.exit(main())
