"""Write docs/performance.md from its template and the results: every number on the page is of the same run.

`python -m benchmarks.report` writes the page again from benchmarks/results.json, after a change of words or of reasons.
"""

import json
from pathlib import Path
from string import Template
from typing import Any

from benchmarks import pictures
from benchmarks.targets import judge

TEMPLATE = Path(__file__).with_name("performance_template.md")


def write(results: dict[str, Any], docs: Path) -> Path:
    """Write the page and its pictures below the folder `docs`; return the page."""
    images = docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    pictures.draw_ratios(results, images)
    pictures.draw_growth(results, images)
    path = docs / "performance.md"
    path.write_text(page(results))
    return path


def page(results: dict[str, Any]) -> str:
    return Template(TEMPLATE.read_text()).substitute(blocks(results))


def blocks(results: dict[str, Any]) -> dict[str, str]:
    """The generated parts of the page by their names in the template."""
    return {
        "machine": machine(results),
        "targets": targets(judge(results)),
        "simulate": simulate(results["simulate"]),
        "train": train(results["train"]),
        "relevance": relevance(results["relevance"]),
        "startup": startup(results["startup"]),
        "rates": rates(results["limits"]),
        "fractions": fractions(results),
        "memory": memory(results["memory"]),
        "large": large(results["large"]),
        "study": study(results["study"]),
        "growth": growth(results["growth"]),
        "leaves_out": "\n".join(
            f"- {pictures.NAMES[name]}: {text}." for name, text in results["simulate"]["leaves_out"].items()
        ),
    }


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Three digits, in the plain form where that is short."""
    if value == 0 or 1e-3 <= abs(value) < 1000:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1e}"


def ratio(pair: dict[str, Any]) -> str:
    return f"{number(pair['median'])} ({number(pair['min'])} to {number(pair['max'])})"


def machine(results: dict[str, Any]) -> str:
    found = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items() if version)
    load = found["load_average"]
    kind = (
        " **This was a quick run: it shows that the suite works, its numbers mean nothing.**"
        if results["quick"]
        else ""
    )
    return (
        f"Commit {found['commit']}, {found['date']}, {found['processor']}, {found['cores']} cores, "
        f"{found['system']}, Python {found['python']}; "
        f"load average {load['begin']:.1f} before and {load['end']:.1f} after; the run took "
        f"{found['run_s'] / 60:.0f} minutes. {versions}.{kind}"
    )


def targets(rows: list[dict[str, Any]]) -> str:
    return table(
        ["target", "bound", "measured", "", "why"],
        [
            [
                row["text"],
                f"{'>=' if row['at_least'] else '<='} {row['bound']:g} {row['unit']}".strip(),
                f"{number(row['value'])} {row['unit']}".strip(),
                "reached" if row["reached"] else "**missed**",
                row["reason"],
            ]
            for row in rows
        ],
    )


def simulate(part: dict[str, Any]) -> str:
    sizes = [n for n in ("52", "104") if n in part]
    rows = [
        ["patterns/s, one core", *(number(part[n]["patterns_per_s"]) for n in sizes)],
        ["patterns/s, two cores (wall)", *(number(part[n]["patterns_per_s_two_cores"]) for n in sizes)],
        ["gain of two cores, median (best)", *(gain(part[n]) for n in sizes)],
        ["largest error, of the maximum", *(number(part[n]["max_error"]) for n in sizes)],
        ["largest relative error above 1e-3 of it", *(number(part[n]["max_relative_error"]) for n in sizes)],
        ["Friedel-unique reflections", *(number(part[n]["n_reflections"]) for n in sizes)],
    ]
    for name in part[sizes[0]]["pairs"]:
        rows.append(
            [f"{pictures.NAMES[name]}, s a pattern", *(number(part[n]["pairs"][name]["peer_s"]) for n in sizes)]
        )
        rows.append([f"{pictures.NAMES[name]}, times ours", *(ratio(part[n]["pairs"][name]) for n in sizes)])
    variants = part["variants"]
    said = (
        "Variants of one crystal's pattern (52 atoms, 11,900 points), one core: "
        f"{number(variants['with_noise_per_s'])} a second with all that `vary` draws, "
        f"{number(variants['without_noise_per_s'])} without counting noise."
    )
    return table(["", *(f"{n} atoms" for n in sizes)], rows) + "\n\n" + said


def gain(part: dict[str, Any]) -> str:
    return f"{part['gain_of_two_cores']:.2f} ({part['best_gain_of_two_cores']:.2f})"


def train(part: dict[str, Any]) -> str:
    low, high = part["ten_members_range"]
    both_low, both_high = part["ten_members_two_cores_range"]
    rows = [
        [
            "ten members, paper's network, one core",
            f"{number(part['ten_members_s'])} s ({number(low)} to {number(high)})",
        ],
        [
            "the same on two cores (wall)",
            f"{number(part['ten_members_two_cores_s'])} s ({number(both_low)} to {number(both_high)})",
        ],
        ["ten members, residual recipe, one core", f"{number(part['ten_members_residual_s'])} s"],
        ["compiling, nothing cached", f"{number(part['compile_s'])} s"],
        ["compiling, in a later process", f"{number(part['compile_cached_s'])} s"],
    ]
    for name, pair in part["pairs"].items():
        title = f"{pictures.NAMES[name]} ({part['peer_epochs'][name]} epochs, extrapolated to {part['n_epochs']:,})"
        rows.append([title, f"{number(part['peer_network_s'][name])} s a network: {ratio(pair)} times ours"])
    if part["peer_compile_s"]:
        rows.append(
            ["compiling by torch.compile (wall; less where its cache is filled)", f"{number(part['peer_compile_s'])} s"]
        )
    rows += [[pictures.NAMES[name], f"not measured: {why}"] for name, why in part["peers_missing"].items()]
    return table(["", ""], rows)


def relevance(part: dict[str, Any]) -> str:
    rows = [
        ["one pattern, one network alone", f"{number(part['ms_per_pattern'])} ms"],
        ["one pattern, one network of ten", f"{number(part['ms_per_pattern_of_ten'])} ms"],
        ["first pattern of a map, ten networks", f"{number(1e3 * part['first_pattern_of_ten_s'])} ms"],
        [f"{part['n_patterns']} patterns, ten members, one core", f"{number(part['total_s'])} s"],
        ["the same on all cores (wall)", f"{number(part['total_all_cores_s'])} s"],
        ["masked copies in float32, one network", f"{number(1e3 * part['pairs']['masked_copies']['peer_s'])} ms"],
        ["masked copies, times ours", ratio(part["pairs"]["masked_copies"])],
        ["largest difference from copies in double precision", number(part["max_difference"])],
    ]
    return table(["", ""], rows)


def startup(part: dict[str, float]) -> str:
    titles = {
        "python_s": "`python -c pass`, the floor",
        "numpy_s": "`import numpy`",
        "import_s": "`import peakscape`",
        "help_s": "`peakscape --help`",
        "first_pattern_s": "first pattern in a fresh process",
        "first_pattern_ever_s": "first pattern with empty caches",
    }
    return table(["", "s (wall)"], [[title, f"{part[key]:.2f}"] for key, title in titles.items()])


def rates(part: dict[str, Any]) -> str:
    shapes = part["shapes"]
    rows = [
        [
            f"{name}: {' x '.join(str(n) for n in shapes[name])}",
            number(part["float32"][name]),
            number(part["float64"][name]),
        ]
        for name in shapes
    ]
    rows.append(["triad, GB/s", "", number(part["triad_gb_per_s"])])
    return table(["matrix product (m x k x n), GFLOP/s of one core", "float32", "float64"], rows)


def fractions(results: dict[str, Any]) -> str:
    rows = []
    parts = {f"simulate, {n} atoms": results["simulate"].get(n) for n in ("52", "104")}
    parts |= {"train, ten members": results["train"], "relevance, a pattern and network": results["relevance"]}
    for title, part in parts.items():
        if part:
            rows.append(
                [
                    title,
                    number(part["operations"] / 1e6),
                    number(1e3 * part["seconds"]),
                    number(1e3 * part["limit_s"]),
                    f"{100 * part['fraction']:.0f} %",
                    number(1e3 * part["limit_at_shape_s"]),
                    f"{100 * part['fraction_at_shape']:.0f} %",
                ]
            )
    head = ["", "10^6 operations", "taken, ms", "limit, ms", "reached", "limit at the shape, ms", "reached"]
    return table(head, rows)


def memory(part: dict[str, Any]) -> str:
    rows = [
        [name.replace("_", " "), f"{row['before_mib']:.0f}", f"{row['peak_mib']:.0f}"] for name, row in part.items()
    ]
    return table(["task", "MiB before", "MiB at its peak"], rows)


def large(part: dict[str, Any]) -> str:
    rows = [
        [name, f"{part[kind]['seconds']:.1f}", f"{part[kind]['before_mib']:.0f}", f"{part[kind]['more_mib']:.0f}"]
        for kind, name in (("memory", "an array in memory"), ("zarr", "a Zarr store on disk"))
    ]
    said = (
        f"{part['n_samples']:,} patterns of {part['n_points']:,} points, {part['set_mib']:.0f} MiB "
        f"in single precision; {part['n_members']} members, {part['n_epochs']} epochs, all cores:"
    )
    return said + "\n\n" + table(["from", "s (wall)", "MiB before", "MiB more at its peak"], rows)


def study(part: dict[str, Any]) -> str:
    titles = {"alloy_s": "`peakscape study alloy`", "evaluation_s": "`peakscape study alloy --evaluate`"}
    rows = [
        [title, "not measured in this run" if part[key] is None else f"{part[key]:.0f}"]
        for key, title in titles.items()
    ]
    return table(["command, in a fresh process, all cores", "s (wall)"], rows)


def growth(part: dict[str, Any]) -> str:
    rows = []
    for name, curve in part.items():
        ends = [f"{number(curve['sizes'][k])}: {number(1e3 * curve['seconds'][k])} ms" for k in (0, -1)]
        rows.append([pictures.TITLES[name], curve["label"], *ends, f"{curve['exponent']:.2f}"])
    return table(["", "against", "smallest", "largest", "exponent"], rows)


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    write(json.loads((root / "benchmarks" / "results.json").read_text()), root / "docs")
