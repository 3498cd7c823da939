"""Run the campaign: ``python -m tests.attack [--files N] [--kills N] [--minutes M] [--folder results/attack]``."""

import argparse
from pathlib import Path


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument(
        "--files", type=int, default=1_000_000, help="damaged files to be read, those of before included"
    )
    parser.add_argument("--kills", type=int, default=300, help="kills while something is written")
    parser.add_argument("--minutes", type=float, default=40.0, help="for the files; the rest takes as long as it takes")
    parser.add_argument("--folder", type=Path, default=Path("results/attack"))
    options = parser.parse_args()
    if options.kills:
        from tests.attack import kills

        print("kills:", kills.campaign(options.folder, n_kills=options.kills))
    if options.files:
        from tests.attack import files

        state = files.campaign(options.folder, n_files=options.files, seconds=60 * options.minutes)
        print(f"files: {state['done']} read in {state['seconds']:.0f} s: {dict(state['outcomes'])}")


if __name__ == "__main__":
    main()
