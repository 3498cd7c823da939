"""Run the campaign: ``python -m tests.attack [--files N] [--kills N] [--minutes M] [--folder results/attack]``."""

import argparse
import os
from pathlib import Path


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument(
        "--files", type=int, default=1_000_000, help="damaged files to be read, those of before included"
    )
    parser.add_argument("--kills", type=int, default=300, help="kills while something is written")
    parser.add_argument("--minutes", type=float, default=40.0, help="for the files, and again for the kills")
    parser.add_argument("--only", nargs="*", default=(), help="of the killed commands; default: all in turn")
    parser.add_argument("--no-full-disk", action="store_true", help="leave out the small disk that is filled")
    parser.add_argument("--folder", type=Path, default=Path("results/attack"))
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # a forked child waits for ever for a pool
    if options.kills:
        from tests.attack import kills

        print(
            "kills:",
            kills.campaign(
                options.folder, n_kills=options.kills, only=tuple(options.only), seconds=60 * options.minutes
            ),
        )
    if not options.no_full_disk:
        from tests.attack import full_disk

        print("full disk:", full_disk.campaign())
    if options.files:
        from tests.attack import files

        state = files.campaign(options.folder, n_files=options.files, seconds=60 * options.minutes)
        print(f"files: {state['done']} read in {state['seconds']:.0f} s: {dict(state['outcomes'])}")


if __name__ == "__main__":
    main()
