"""What the bench shows: one row a kind, and how often the trusted method is as good as the best of the plain ones."""

import numpy as np
import pandas as pd

NEAR, TWICE = 1.1, 2.0
"""As good as the best; twice as bad."""


def with_ratio(runs: pd.DataFrame) -> pd.DataFrame:
    """Add the best plain method of each run, and the error of the trusted method over its error."""
    plain = [column for column in runs if str(column).startswith("plain_")]
    best = runs[plain].min(axis=1)
    names = runs[plain].astype(float).idxmin(axis=1).str.removeprefix("plain_")
    return runs.assign(best_plain=names, best_error=best, ratio=runs["rmse"] / best)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a kind: means over seeds; errors and widths in per cent of the label's range."""
    rows = []
    for kind, part in with_ratio(runs).groupby("kind", sort=False):
        unit = 100.0 / part["range"]
        plain = {column: (part[column] * unit).mean() for column in part if str(column).startswith("plain_")}
        on_average = min(plain, key=lambda column: plain[column])
        rows.append(
            {
                "kind": kind,
                "runs": len(part),
                "error": (part["rmse"] * unit).mean(),
                "inner": (part["rmse_inner"] * unit).mean(),
                "best plain": on_average.removeprefix("plain_"),
                "its error": plain[on_average],
                "within 10 %": f"{(part['ratio'] <= NEAR).sum()}/{len(part)}",
                "worst ratio": part["ratio"].max(),
                "coverage": part["coverage"].mean(),
                "inner coverage": part["coverage_inner"].mean(),
                "width": (part["width"] * unit).mean(),
                "known foreign": _mean(part, "known_foreign"),
                "near found": _mean(part, "near_foreign"),
                "far found": _mean(part, "far_foreign"),
                "false trans.": _mean(part, "false_transitions"),
                "missed trans.": _mean(part, "missed_transitions"),
            }
        )
    return pd.DataFrame(rows)


def summary(runs: pd.DataFrame) -> str:
    """Say in one line how the trusted method stands against the best plain one of each run."""
    ratio = with_ratio(runs)["ratio"]
    kinds = table(runs)
    beaten = kinds[kinds["error"] > kinds["its error"]]["kind"].tolist()
    return (
        f"{len(runs)} runs: within 10 % of the best plain method in {(ratio <= NEAR).mean():.0%}, worse than twice it"
        f" in {(ratio > TWICE).mean():.0%} (at most {ratio.max():.2g} times, median {ratio.median():.2f});"
        f" beaten on average on {', '.join(beaten) or 'no kind'}"
    )


SHARES = {
    "known_foreign": "known called foreign", "outer_foreign": "beyond the known called foreign",
    "near_foreign": "near foreign found", "far_foreign": "far foreign found",
}  # fmt: skip
"""Columns of runs about foreign spectra, with their titles."""


def novelty_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a kind, and one for all: which shares are called foreign, means over seeds."""
    parts = [*((str(kind), part) for kind, part in runs.groupby("kind", sort=False, observed=True)), ("all", runs)]
    rows = [
        {"kind": kind, "runs": len(part)} | {title: _mean(part, column) for column, title in SHARES.items()}
        for kind, part in parts
    ]
    return pd.DataFrame(rows)


def novelty_markdown(runs: pd.DataFrame) -> str:
    """Return the table of foreign spectra as text in Markdown."""
    return _in_markdown(novelty_table(runs))


def markdown(runs: pd.DataFrame) -> str:
    """Return the table as text in Markdown."""
    return _in_markdown(table(runs))


def _in_markdown(shown: pd.DataFrame) -> str:
    head = "| " + " | ".join(shown.columns) + " |\n|" + "---|" * len(shown.columns)
    lines = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in shown.itertuples(index=False)]
    return "\n".join([head, *lines])


def _mean(part: pd.DataFrame, column: str) -> float:
    return float(part[column].mean()) if column in part else float("nan")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if not np.isfinite(value) else f"{value:.3g}"
    return str(value)
