"""The command that writes a shell's completion: completion."""

import argparse
from typing import Any

SHELLS = ("bash", "zsh", "fish")


def add_commands(commands: Any) -> None:
    """Add the command of this file to the program."""
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands and options in your shell",
        epilog='bash: eval "$(peakscape completion bash)" in ~/.bashrc. zsh: the same in ~/.zshrc, after compinit.'
        " fish: peakscape completion fish > ~/.config/fish/completions/peakscape.fish",
    )
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(run=run_completion, json=False)


def run_completion(options: argparse.Namespace) -> None:
    """Print the script."""
    import shtab

    print(shtab.complete(options.program, shell=options.shell))
