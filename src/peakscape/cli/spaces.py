"""Commands about feature spaces that are there: place, validate, explain, lattice, generate, group, add, compare."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.cli.check import tell_grave
from peakscape.cli.inputs import (
    add_spectra_options,
    open_all,
    open_spectra,
    positive,
    scans_of,
)
from peakscape.cli.many import add_many_options, place_many
from peakscape.cli.output import GENERATED, add_output_options, check_ours, check_output, emit, lines_of, remark
from peakscape.errors import InputError, OutsideMapError, PeakscapeError, SpectraError
from peakscape.files import STORES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from peakscape.analysis.clusters import Grouping
    from peakscape.feature_space import FeatureSpace

BEYOND_DOUBT = 100
"""Margin of a class above which the table prints no more than that; JSON has the number."""
OF_PEAKS = (
    "intensity", "relevance", "relevance_error", "relevance_spread", "change", "change_error", "change_rms",
    "label_share", "label_share_error", "rank", "pls_change", "pls_share", "vip", "correlation", "hkl",
)  # fmt: skip
"""What is printed of each peak beside its place; JSON has all."""
METRICS = ("cosine", "pearson", "jensen_shannon", "dynamic_time_warping")


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    _add_place(commands)
    _add_validate(commands)
    _add_explain(commands)
    _add_lattice(commands)
    _add_generate(commands)
    _add_group(commands)
    _add_add(commands)
    _add_compare(commands)


def _add_place(commands: Any) -> None:
    place = commands.add_parser(
        "place",
        help="everything that a feature space knows of new spectra",
        description="Where spectra lie on the map, their labels with prediction intervals, by the method to trust and"
        " by the others (--json), their class with a probability, the nearest known spectrum, and whether they are"
        " foreign. A file that cannot be read or placed does not stop the others.",
    )
    place.add_argument("space", metavar="SPACE")
    place.add_argument("spectra", nargs="+", metavar="SPECTRA", help="raw files or folders, or spectra.zarr, .nc")
    place.add_argument("--refuse", action="store_true", help="stop with an error if a spectrum is foreign")
    add_spectra_options(place)
    many = add_many_options(place)
    many.add_argument("-o", "--output", metavar="PLACES.zarr", help="write the answers there; the input is one store")
    many.add_argument("--force", action="store_true", help="replace the output if it exists")
    many.add_argument("--only", choices=("coordinates",), help="no more than where they lie: many times as fast")
    add_output_options(place)
    place.set_defaults(run=run_place)


def run_place(options: argparse.Namespace) -> None:
    """Place spectra and print the answers."""
    from peakscape.feature_space import open_space, records

    if options.output is not None:
        place_many(options)
        return
    if options.cluster is not None or options.only is not None:
        raise InputError("--cluster and --only need -o PLACES.zarr, where the answers are written")
    space = open_space(options.space)
    found, skipped = [], []
    for file, dataset in scans_of(options.spectra, options):
        try:
            if isinstance(dataset, PeakscapeError):
                raise dataset
            tell_grave(dataset, [file])
            found.append(space.place(dataset))
        except PeakscapeError as error:
            if len(options.spectra) == 1 and Path(file) == Path(options.spectra[0]):
                raise
            reason = str(error).removeprefix(f"{file}: ")
            skipped.append({"file": file, "reason": reason})
            remark(f"not placed: {file}: {reason}")
    if not found:
        raise SpectraError(f"none of {len(skipped)} files could be placed; the reasons stand above")
    samples = [one for part in found for one in records(part)]
    strange = [one for one in samples if one.get("foreign")]
    if options.refuse and strange:
        raise OutsideMapError("; ".join(f"{one['name']}: {_words(one)}" for one in strange))
    table = _table(found)
    lines = lines_of(table) + [f"{one['name']}: {_words(one)}" for one in samples if one["remarks"]]
    if space.novelty_ is None:
        remark("this space cannot tell what is foreign: it was made without, or of too few spectra")
    emit(options, {"space": options.space, "samples": samples, "skipped": skipped}, lines)


def _words(sample: dict[str, Any]) -> str:
    return "; ".join(one["text"] for one in sample["remarks"])


def _table(found: "list[xr.Dataset]") -> "pd.DataFrame":
    """What a person reads: one row a spectrum, without the answers by other methods."""
    import pandas as pd

    parts = []
    for one in found:
        columns: dict[str, Any] = {"name": one["name"].values}
        columns |= {str(axis): one["coordinates"].values[:, k] for k, axis in enumerate(one["map_axis"].values)}
        for name, values in one.data_vars.items():
            if values.dims == ("sample", "element"):
                columns |= {f"{name}_{e}".replace("composition_", ""): values.values[:, k]
                            for k, e in enumerate(one["element"].values)}  # fmt: skip
            elif values.dims == ("sample",) and name not in ("remarks", "remark_codes", "spread", "shift"):
                columns[str(name)] = _shown(str(name), values.values, is_number=f"{name}_method" in one)
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _shown(name: str, values: "NDArray[Any]", *, is_number: bool) -> Any:
    """A column of the table: a number that is not told says so."""
    if name.endswith("_margin"):
        return [_times(value) for value in values]
    if is_number and not np.isfinite(values).all():
        return [value if np.isfinite(value) else "not told" for value in values]
    return values


def _times(value: float) -> str:
    """How many times as unlike, to three digits; what is far beyond doubt needs no number."""
    return f"{value:.3g}" if value < BEYOND_DOUBT else f">{BEYOND_DOUBT}"


def _add_validate(commands: Any) -> None:
    validate = commands.add_parser(
        "validate",
        help="what a feature space errs on spectra that were left out, by every method",
        description="For each label and method the error on known spectra, each left out with all of its value: how far"
        " to believe `place`, beside the plainest methods.",
    )
    validate.add_argument("space", metavar="SPACE")
    validate.add_argument("--samples", action="store_true", help="what each method read of each left-out spectrum")
    add_output_options(validate)
    validate.set_defaults(run=run_validate)


def run_validate(options: argparse.Namespace) -> None:
    """Print left-out errors."""
    from peakscape.feature_space import open_space

    space = open_space(options.space)
    errors = space.validate()
    reasons = {name: readout.why for name, readout in space.label_readouts_.items()}
    claims = space.claims()
    result = {"space": options.space, "errors": errors, "why": reasons, "claims": claims}
    lines = [*lines_of(errors), *(f"{name}: {why}" for name, why in reasons.items())]
    lines += _lines_of_claims(claims)
    jumps = space.find_transitions()
    if len(jumps):
        result["transitions"] = jumps
        lines += ["", "changes faster than usual, candidates for phase transitions (excess in standard errors):"]
        lines += ["", *lines_of(jumps)]
    if options.samples:
        samples = space.validate(per_sample=True)
        result["samples"] = samples
        lines += ["", *lines_of(samples)]
    if errors.empty:
        lines = ["the space predicts no label; label its spectra with --pattern or --labels and fit it anew"]
    emit(options, result, lines)


def _lines_of_claims(claims: "pd.DataFrame") -> list[str]:
    """What a referee asks, a block a label."""
    lines = []
    for row in claims.to_dict("records"):
        lines += ["", f"{row['label']}, as a referee will ask:"]
        lines += [f"  {str(key).replace('_', ' ')}: {row[key] or 'none'}" for key in claims.columns if key != "label"]
    return lines


def _add_explain(commands: Any) -> None:
    explain = commands.add_parser("explain", help="which peaks of a spectrum put it where it lies, or tell a label")
    explain.add_argument("space", metavar="SPACE")
    explain.add_argument(
        "spectrum",
        nargs="?",
        metavar="FILE|NAME",
        help="a raw file or stored spectra, or a known sample's name; none, with --toward: the whole known series",
    )
    explain.add_argument("--sample", metavar="NAME", help="which spectrum of several; default: the first")
    explain.add_argument("--top", type=int, default=20, metavar="N", help="peaks to print; JSON has all")
    toward = explain.add_argument_group("a label")
    toward.add_argument("--toward", metavar="LABEL", help="rank by the change of this number, or element, that is read")
    toward.add_argument(
        "--check", action="store_true", help="read left-out samples from the first peaks of each ranking"
    )
    masks = explain.add_argument_group("masks")
    masks.add_argument(
        "--mask", choices=("window", "peak"), help="what is masked at each peak; default: window, with --toward peak"
    )
    masks.add_argument(
        "--width", type=positive, metavar="W", help="of the window; default: 0.03 degree, three points where coarser"
    )
    masks.add_argument(
        "--fill",
        choices=("zero", "background", "mean"),
        help="what replaces the masked; default: zero, with --toward the mean of the known",
    )
    masks.add_argument("--min-height", type=positive, default=0.01, metavar="H", help="of a peak, relative")
    indices = explain.add_argument_group("indices")
    indices.add_argument("--structure", metavar="FILE.cif", help="labels the peaks with hkl")
    indices.add_argument("--tolerance", type=positive, metavar="T", help="of the labels in degrees; default: 0.05")
    add_spectra_options(explain)
    add_output_options(explain)
    explain.set_defaults(run=run_explain)


def run_explain(options: argparse.Namespace) -> None:
    """Rank the peaks of one spectrum, or toward a label those of all known ones."""
    from peakscape.feature_space import open_space

    if options.toward is None and (options.spectrum is None or options.check):
        raise InputError("expected a spectrum, or --toward with a number or element that the space predicts")
    space = open_space(options.space)
    name, spectrum = ("all known", None) if options.spectrum is None else _one_spectrum(space, options)
    ranking = space.rank_peaks(
        spectrum,
        toward=options.toward,
        mask=options.mask,
        width=options.width,
        fill=options.fill,
        min_height=options.min_height,
    )
    ranking = _with_indices(space, ranking, options)
    mask = options.mask or ("window" if options.toward is None else "peak")
    result = {"sample": name, "mask": mask, "peaks": ranking}
    lines = _lines_of_ranking(name, ranking, space.axis_name, options)
    if options.toward is not None:
        result |= {"toward": options.toward}
    if options.check:
        checked = space.compare_rankings(options.toward)
        result |= {"rankings": checked}
        lines += ["", *_lines_of_rankings(options.toward, checked)]
    emit(options, result, lines)


def _with_indices(space: "FeatureSpace", ranking: "pd.DataFrame", options: argparse.Namespace) -> "pd.DataFrame":
    """The ranking with hkl, where a structure is given."""
    if not options.structure:
        return ranking
    from peakscape import diffraction, structures

    wavelength, axis = space.known_.attrs.get("wavelength"), space.axis_name
    if axis != "two_theta" or wavelength is None:
        raise SpectraError(f"hkl need peaks on two_theta of a known wavelength; the space is on {axis}")
    atoms = structures.read(options.structure)
    return diffraction.label_peaks(ranking, atoms, wavelength=wavelength, tolerance=options.tolerance)


def _one_spectrum(space: "FeatureSpace", options: argparse.Namespace) -> "tuple[str, xr.Dataset | str]":
    """The spectrum that is explained: of a file, or a known sample by its name."""
    if options.spectrum in space.names and not Path(options.spectrum).exists():
        return options.spectrum, options.spectrum
    from peakscape import spectra

    parts = [dataset for _, dataset in scans_of([options.spectrum], options)]
    if isinstance(parts[0], PeakscapeError):
        raise parts[0]
    found = [one for one in parts if not isinstance(one, PeakscapeError)]
    n_given = sum(one.sizes["sample"] for one in found)
    if options.sample is not None:
        dataset = next((one for one in found if options.sample in one["name"].values), found[0])
        dataset = spectra.select(dataset, samples=[options.sample])
    else:
        dataset = found[0]
        if n_given > 1:
            remark(f"{n_given} spectra given, the first is taken; choose another with --sample")
    dataset = dataset.isel(sample=[0])
    return str(dataset["name"].values[0]), dataset


def _lines_of_rankings(toward: str, checked: "pd.DataFrame") -> list[str]:
    """What the first peaks of each ranking are worth, the ranking to believe first."""
    from peakscape.analysis.label_relevance.faithfulness import mean_errors

    counts = ", ".join(str(count) for count in sorted(set(checked["n_peaks"])))
    return [
        f"rms error in {toward} of left-out samples, from the first {counts} peaks alone and from all others (means),",
        "by partial least squares fitted to these (pls) and by the map as it is; the ranking to believe first:",
        "",
        *lines_of(mean_errors(checked)),
    ]


def _lines_of_ranking(name: str, ranking: "pd.DataFrame", axis: str, options: argparse.Namespace) -> list[str]:
    shown = ranking[[column for column in (axis, *OF_PEAKS) if column in ranking]].head(options.top)
    first = "the most relevant first" if options.toward is None else f"first what {options.toward} is read from"
    lines = [f"{name}: {len(ranking)} peaks, {first}", "", *lines_of(shown)]
    if "cell" in ranking and len(ranking):
        lines += ["", f"hkl refer to: {ranking['cell'].iloc[0]}"]
    strong = ranking[ranking["strong_irrelevant"]] if "strong_irrelevant" in ranking else ranking[:0]
    if len(strong):
        listed = ", ".join(f"{position:.2f}" for position in strong[axis])
        lines += ["", f"strong but irrelevant beyond doubt ({axis}): {listed}"]
    return lines


def _add_lattice(commands: Any) -> None:
    lattice = commands.add_parser(
        "lattice",
        help="cell parameters of every pattern of an indexed series",
        description="Cell parameters with standard errors of the known patterns of a feature space, or of new ones,"
        " beside the shift of all their peaks: the places of all reflections are fitted at once, with an error of the"
        " zero.",
    )
    lattice.add_argument("space", metavar="SPACE")
    lattice.add_argument("spectra", nargs="*", metavar="SPECTRA", help="raw files; none: the known spectra")
    phase = lattice.add_argument_group("the phase")
    phase.add_argument("--structure", metavar="FILE.cif", help="tells the cell and the reflections")
    phase.add_argument("--cell", metavar="A,B,C,ALPHA,BETA,GAMMA", help="about, in angstrom and degree; instead")
    phase.add_argument("--space-group", metavar="SYMBOL", help="of --cell, such as P4mm; default: as its numbers show")
    phase.add_argument("--hkl", metavar="LIST", help="the only reflections of --cell, such as '1 0 0, 1 1 0'")
    fitted = lattice.add_argument_group("the fit")
    fitted.add_argument("--limits", nargs=2, type=float, metavar="X", help="first and last point that is fitted")
    fitted.add_argument("--no-zero", action="store_true", help="the zero is exact: do not fit its error")
    fitted.add_argument("--k-alpha2", action="store_true", help="the patterns hold the second line of the tube")
    add_spectra_options(lattice)
    add_output_options(lattice)
    lattice.set_defaults(run=run_lattice)


def run_lattice(options: argparse.Namespace) -> None:
    """Fit the cells and print them."""
    from peakscape import structures
    from peakscape.feature_space import open_space

    if (options.structure is None) == (options.cell is None):
        raise InputError("the phase is told by --structure FILE.cif or by --cell A,B,C,ALPHA,BETA,GAMMA: give one")
    more: dict[str, Any] = {"limits": tuple(options.limits) if options.limits else None, "zero": not options.no_zero}
    if options.structure is not None:
        by: Any = structures.read(options.structure)
    else:
        by = _numbers(options.cell, "--cell")
    if options.space_group:
        more["space_group"] = options.space_group
    if options.hkl:
        more["hkl"] = [[int(one) for one in _numbers(part, "--hkl")] for part in options.hkl.split(",")]
    space = open_space(options.space)
    dataset = open_spectra(options.spectra, options) if options.spectra else None
    table = space.lattice(by, dataset, k_alpha2=options.k_alpha2, **more)
    told = {key: table.attrs[key] for key in ("space_group", "n_reflections", "zero_unit")}
    head = f"{told['space_group']}, {told['n_reflections']} reflections; angstrom and degree; standard errors beside"
    emit(options, {"space": options.space, **told, "patterns": table}, [head, "", *lines_of(_free(table), digits=6)])


def _numbers(text: str, option: str) -> list[float]:
    try:
        return [float(word) for word in text.replace(",", " ").split()]
    except ValueError as error:
        raise InputError(f"expected numbers for {option}, got {text!r}") from error


def _free(table: "pd.DataFrame") -> "pd.DataFrame":
    """What a person reads: without what symmetry fixes or makes the same."""
    gone = [name for name in ("alpha", "beta", "gamma") if not table[f"{name}_error"].any()]
    gone += [
        name for name, other in (("b", "a"), ("c", "a")) if np.allclose(table[name], table[other], rtol=1e-12, atol=0.0)
    ]
    kept = table.drop(columns=[column for name in gone for column in (name, f"{name}_error")])
    return kept.drop(columns=["zero", "zero_error"]) if table["zero_error"].isna().all() else kept


def _add_generate(commands: Any) -> None:
    generate = commands.add_parser("generate", help="the spectrum of a wanted composition or label, or between samples")
    generate.add_argument("space", metavar="SPACE")
    wanted = generate.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--composition", metavar="FORMULA", help="such as SmFe10.75Ti1.25")
    wanted.add_argument("--value", type=float, metavar="V", help="of --label")
    wanted.add_argument("--between", nargs=2, metavar="NAME", help="two known samples")
    generate.add_argument("--label", metavar="NAME", help="which label --value is of; default: the only one")
    generate.add_argument("--n-spectra", type=int, default=9, metavar="N", help="with --between, both ends included")
    add_output_options(generate, writes="out.xy, out.xye (with spread), out.zarr or out.nc; --between: .zarr or .nc")
    generate.set_defaults(run=run_generate)


def run_generate(options: argparse.Namespace) -> None:
    """Generate spectra, save them and print the checks."""
    from peakscape import spectra
    from peakscape.feature_space import open_space

    suffixes = STORES if options.between else (".xy", ".xye", *STORES)
    path = check_output(options, *suffixes)
    space = open_space(options.space)
    if options.between:
        dataset = space.between(*options.between, n_spectra=options.n_spectra)
        spectra.save(dataset, path)
        read = {name: dataset[name].values for name in (*space.label_readouts_, "known_spacings") if name in dataset}
        table = _generated_table(read, dataset)
        emit(options, {"output": path, "samples": table}, [f"{path}: {len(table)} spectra", *lines_of(table)])
        return
    dataset = space.generate(options.composition, **_wanted(space, options))
    _write(path, dataset, space.axis_name)
    checks = {name: value for name, value in dataset.attrs.items() if name not in ("kind", "history", "wavelength")}
    lines = [f"{path}: from {checks['n_points_decoded']} points of the map", ""]
    lines += [f"{name:<22}{value:.4g}" for name, value in checks.items()]
    emit(options, {"output": path, "coordinates": dataset["coordinates"].values, **checks}, lines)


def _generated_table(read: dict[str, np.ndarray], dataset: "xr.Dataset") -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame({"name": dataset["name"].values})
    for name, values in read.items():
        titles = [name] if values.ndim == 1 else list(dataset["element"].values)
        for title, column in zip(titles, values.reshape(len(table), -1).T, strict=True):
            table[title] = column
    return table


def _wanted(space: "FeatureSpace", options: argparse.Namespace) -> dict[str, float]:
    """The label that --value is of, with the value."""
    if options.value is None:
        return {}
    numbers = [name for name in space.label_readouts_ if name != "composition"]
    name = options.label or (numbers[0] if len(numbers) == 1 else None)
    if name is None:
        raise InputError(f"--value needs the --label that it is of; known: {', '.join(numbers) or 'none'}")
    return {name: options.value}


def _write(path: Path, dataset: "xr.Dataset", axis: str) -> None:
    from peakscape import spectra
    from peakscape.files import replace_atomically

    if path.suffix in STORES:
        spectra.save(dataset.assign_coords(name=("sample", [path.stem])), path)
        return
    columns = [dataset[axis].values, dataset["intensity"].values[0]]
    columns += [dataset["spread"].values[0]] if path.suffix == ".xye" else []
    title = f"{axis} intensity" + (" spread" if path.suffix == ".xye" else "")
    with replace_atomically(path) as fresh:
        np.savetxt(fresh, np.column_stack(columns), fmt="%.8g", header=f"{GENERATED}\n{title}")


def _add_group(commands: Any) -> None:
    group = commands.add_parser("group", help="groups of spectra, how many and how firmly, medoids, outliers")
    group.add_argument("spectra", nargs="+", metavar="SPECTRA", help="spectra, or a space to group its own")
    group.add_argument("--on", metavar="SPACE", help="distances on this map")
    group.add_argument("--metric", choices=METRICS, default="cosine", help="distance between spectra on no map")
    group.add_argument(
        "--max-shift",
        type=float,
        default=0.0,
        metavar="S",
        help="forgive moves of all peaks together by up to S: relative in q (0.01 is 1 %% of strain), in eV for energy",
    )
    group.add_argument("--n-groups", type=int, metavar="N", help="how many; default: as many as the spectra suggest")
    group.add_argument("--figure", metavar="PATH.png", help="draw the tree and the medoids")
    group.add_argument("--force", action="store_true", help="replace the figure if it exists")
    add_spectra_options(group)
    add_output_options(group)
    group.set_defaults(run=run_group)


def run_group(options: argparse.Namespace) -> None:
    """Group spectra and draw the tree."""
    import pandas as pd

    from peakscape.feature_space import group_spectra, open_space

    stem = _figure_stem(options)
    first = Path(options.spectra[0])
    if len(options.spectra) == 1 and ((first / "space.json").exists() or (first / "map.json").exists()):
        space = open_space(first)
        dataset, found, distance = space.known_, space.group(n_groups=options.n_groups), "distance on the map"
    elif options.on:
        dataset = open_all(options.spectra, options)
        found, distance = open_space(options.on).group(dataset, n_groups=options.n_groups), "distance on the map"
    else:
        dataset = open_all(options.spectra, options)
        found = group_spectra(dataset, metric=options.metric, n_groups=options.n_groups, max_shift=options.max_shift)
        distance = options.metric.replace("_", " ")
    table = pd.DataFrame({"name": dataset["name"].values, "group": found.labels})
    table["medoid"] = np.isin(np.arange(len(table)), found.medoids)
    table["outlier"] = np.isin(np.arange(len(table)), found.outliers)
    if stem is not None:
        _draw_groups(stem, found, dataset, distance)
    result = {"n_groups": found.n_groups, "suggested": found.suggested, "scores": found.scores, "samples": table}
    emit(options, result, _lines_of_groups(found, table))


def _figure_stem(options: argparse.Namespace) -> Path | None:
    if not options.figure:
        return None
    path = Path(options.figure)
    if path.suffix != ".png":
        raise InputError(f"{path}: the figure must end in .png; an .svg comes beside it")
    if not options.force and (path.exists() or path.with_suffix(".svg").exists()):
        raise InputError(f"{path} is there already; add --force to replace it, or choose another name")
    check_ours(path)
    if not path.exists():  # a picture of ours has its drawing beside it
        check_ours(path.with_suffix(".svg"))
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
    return path.with_suffix("")


def _draw_groups(stem: Path, found: "Grouping", dataset: "xr.Dataset", distance: str) -> None:
    from peakscape import figures, spectra
    from peakscape.figures.grouping import dendrogram, medoid_spectra

    names = [str(name) for name in dataset["name"].values]
    axis = spectra.axis_name(dataset)
    figure, (left, right) = figures.new(n_columns=2, width=9.0, height=max(3.6, 0.5 * found.n_groups))
    dendrogram(
        left, found.linkage, found.labels, names=names, medoids=found.medoids, outliers=found.outliers, label=distance
    )
    medoid_spectra(
        right,
        dataset[axis].values,
        dataset["intensity"].values[found.medoids],
        names=[names[k] for k in found.medoids],
        counts=np.bincount(found.labels),
        label=spectra.axis_label(axis),
    )
    figures.save(figure, stem)


def _lines_of_groups(found: "Grouping", table: Any) -> list[str]:
    firm = found.scores.set_index("n_groups")
    text = f"{len(table)} spectra; they suggest {found.suggested} groups"
    if found.suggested == 1:
        text = f"{len(table)} spectra; they suggest no groups: none that is stable and has a silhouette above 0.5"
    if found.n_groups in firm.index:
        row = firm.loc[found.n_groups]
        text += f"; {found.n_groups} groups: silhouette {row['silhouette']:.2f}, stability {row['stability']:.2f}"
    lines = [text, ""]
    for group in range(found.n_groups):
        members = table[table["group"] == group]
        medoid = members.loc[members["medoid"], "name"].iloc[0]
        lines.append(f"group {group}: {len(members)} around {medoid}: {', '.join(members['name'])}")
    outliers = [str(table["name"].iloc[k]) for k in found.outliers]
    return [*lines, *([f"outliers: {', '.join(outliers)}"] if outliers else [])]


def _add_add(commands: Any) -> None:
    add = commands.add_parser("add", help="add spectra to what a feature space knows; nothing on its map moves")
    add.add_argument("space", metavar="SPACE")
    add.add_argument("spectra", nargs="+", metavar="SPECTRA")
    add_spectra_options(add)
    add_output_options(add)
    add.set_defaults(run=run_add)


def run_add(options: argparse.Namespace) -> None:
    """Add spectra to the known ones of a space."""
    from peakscape.feature_space import open_space

    space = open_space(options.space)
    names: list[str] = []
    skipped: list[dict[str, str]] = []
    for file, dataset in scans_of(options.spectra, options):
        try:
            if isinstance(dataset, PeakscapeError):
                raise dataset
            space = space.add(dataset)
        except PeakscapeError as error:
            skipped.append({"file": file, "reason": str(error).removeprefix(f"{file}: ")})
            problem = error
            continue
        names += [str(name) for name in dataset["name"].values]
    if not names:
        raise problem if len(skipped) == 1 else SpectraError(f"none of {len(skipped)} files could be added: {problem}")
    space.save(options.space)
    for one in skipped:
        remark(f"not added: {one['file']}: {one['reason']}")
    text = f"{options.space}: {len(names)} spectra added, {len(space.names)} known now; the map itself is unchanged"
    result = {"space": options.space, "added": names, "n_known": len(space.names), "skipped": skipped}
    emit(options, result, [text])


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser("compare", help="lay one map on another by the samples that both know")
    compare.add_argument("first", metavar="SPACE")
    compare.add_argument("second", metavar="SPACE")
    add_output_options(compare)
    compare.set_defaults(run=run_compare)


def run_compare(options: argparse.Namespace) -> None:
    """Print how well one map lies on another."""
    from peakscape.feature_space import open_space

    found = open_space(options.first).compare(open_space(options.second))
    result = {
        "disparity": found.disparity, "scale": found.scale, "mirrored": found.mirrored, "n_shared": len(found.samples),
        "matrix": found.matrix, "offset": found.offset, "samples": found.samples,
    }  # fmt: skip
    how = f"stretched by {found.scale:.4g}{', mirrored' if found.mirrored else ''}, turned and moved"
    lines = [
        f"{len(found.samples)} samples in both; {options.first} laid on {options.second}: {how}",
        f"disparity {found.disparity:.4g} (0: the same map, 1: nothing in common)",
        "",
        *lines_of(found.samples.head(20)),
    ]
    emit(options, result, lines)
