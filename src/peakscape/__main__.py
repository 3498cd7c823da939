"""Run the program: ``python -m peakscape`` is `peakscape`."""

import sys

from peakscape.cli import main

if __name__ == "__main__":
    sys.exit(main())
