"""Commands that look into a map: relevance, generate."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.cli.inputs import STORES, add_spectra_options, first_name, open_for_map, positive, recipe_of_map
from peakscape.cli.map_commands import known_coordinates
from peakscape.cli.output import add_output_options, check_output, emit, lines_of, remark
from peakscape.cli.targets import METHODS, choose_target, known_of_map, new_readout
from peakscape.errors import InputError, SpectraError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from peakscape.analysis import Generated
    from peakscape.cli.targets import Target
    from peakscape.maps import SavedMap

PAPER_WIDTH = 0.03  # degrees: the mask of doi:10.1002/adts.202200613


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    relevance = commands.add_parser("relevance", help="which peaks of a spectrum the map looks at")
    relevance.add_argument("map", metavar="MAP")
    relevance.add_argument("spectra", nargs="+", metavar="SPECTRA")
    relevance.add_argument("--sample", metavar="NAME", help="which spectrum; default: the first")
    relevance.add_argument("--mask", choices=("window", "peak"), default="window", help="what is masked at each peak")
    relevance.add_argument(
        "--width", type=positive, metavar="W", help="of the window; default 0.03 degrees, three points where coarser"
    )
    relevance.add_argument("--fill", choices=("zero", "background"), default="zero", help="what replaces the masked")
    relevance.add_argument("--min-height", type=positive, default=0.01, metavar="H", help="of a peak, relative")
    relevance.add_argument("--structure", metavar="FILE.cif", help="labels the peaks with hkl")
    relevance.add_argument("--tolerance", type=positive, metavar="T", help="of the labels in degrees; default 0.05")
    relevance.add_argument("--top", type=int, default=20, metavar="N", help="peaks to print; JSON has all")
    add_spectra_options(relevance)
    add_output_options(relevance)
    relevance.set_defaults(run=run_relevance)

    generate = commands.add_parser("generate", help="the spectrum of a wanted composition or label")
    generate.add_argument("map", metavar="MAP")
    wanted = generate.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--composition", metavar="FORMULA", help="such as SmFe10.75Ti1.25")
    wanted.add_argument("--value", type=float, metavar="V", help="of the label instead of a composition")
    generate.add_argument("--label", metavar="NAME", help="which label --value is of")
    generate.add_argument("--method", choices=METHODS, help="default: triangle, for a label gaussian_process")
    add_output_options(generate, writes="out.xy, out.xye (with spread), out.zarr or out.nc")
    generate.set_defaults(run=run_generate, level=0.9)


def run_relevance(options: argparse.Namespace) -> None:
    """Rank the peaks of one spectrum."""
    from peakscape import analysis, diffraction, maps, spectra, structures

    saved = maps.load_saved(options.map)
    dataset = _one_sample(open_for_map(options.spectra, saved, options), options.sample)
    spectrum = dataset["intensity"][0]
    axis = spectra.axis_name(dataset)
    ranking = analysis.rank_peaks(
        saved.map,
        spectrum,
        mask=options.mask,
        width=options.width or _default_width(axis, dataset[axis].values),
        fill=options.fill,
        min_height=options.min_height,
    )
    if options.structure:
        atoms = structures.read(options.structure)
        wavelength = _wavelength(dataset, saved, axis)
        ranking = diffraction.label_peaks(ranking, atoms, wavelength=wavelength, tolerance=options.tolerance)
    strong = analysis.strong_irrelevant(ranking)
    name = str(dataset["name"].values[0])
    emit(
        options,
        {"sample": name, "mask": options.mask, "peaks": ranking, "strong_irrelevant": strong},
        _lines_of_ranking(name, ranking, strong, axis, options.top),
    )


def _one_sample(dataset: "xr.Dataset", name: str | None) -> "xr.Dataset":
    from peakscape import spectra

    if name is None:
        if dataset.sizes["sample"] > 1:
            remark(f"{dataset.sizes['sample']} spectra given, the first is taken; choose another with --sample")
        return dataset.isel(sample=[0])
    return spectra.select(dataset, samples=[name])


def _default_width(axis: str, points: np.ndarray) -> float:
    three = 3.0 * float(np.median(np.diff(points)))
    return max(PAPER_WIDTH, three) if axis == "two_theta" else three


def _wavelength(dataset: "xr.Dataset", saved: "SavedMap", axis: str) -> float:
    if axis != "two_theta":
        raise SpectraError(f"peaks are labelled with hkl on two_theta, not on {axis}; leave out --structure")
    wavelength = dataset.attrs.get("wavelength", saved.provenance.get("wavelength"))
    if wavelength is None:
        raise SpectraError(f"hkl need the wavelength, which {first_name(dataset)} does not tell; give --wavelength")
    return float(wavelength)


def _lines_of_ranking(name: str, ranking: "pd.DataFrame", strong: "pd.DataFrame", axis: str, top: int) -> list[str]:
    columns = [axis, "intensity", "relevance", "relevance_error", "relevance_spread", "rank", "hkl"]
    shown = ranking[[column for column in columns if column in ranking]].head(top)
    lines = [f"{name}: {len(ranking)} peaks, the most relevant first", "", *lines_of(shown)]
    if "cell" in ranking and len(ranking):
        lines += ["", f"hkl refer to: {ranking['cell'].iloc[0]}"]
    if len(strong):
        listed = ", ".join(f"{position:.2f}" for position in strong[axis])
        lines += ["", f"strong but irrelevant beyond doubt ({axis}): {listed}"]
    return lines


def run_generate(options: argparse.Namespace) -> None:
    """Generate a spectrum, save it and print the checks."""
    from peakscape import analysis, maps

    path = check_output(options, ".xy", ".xye", *STORES)
    saved = maps.load_saved(options.map)
    label = options.label if options.composition is None else "composition"
    target = choose_target(known_of_map(saved), saved.provenance.get("element"), label)
    if options.value is not None and target.elements:
        raise InputError("--value needs the --label that it is of")
    readout = new_readout(options, target).fit(
        np.median(known_coordinates(saved), axis=0), target.values, elements=target.columns
    )
    wanted = [options.value] if options.composition is None else options.composition
    found = analysis.generate(saved.map, readout, composition=wanted, tolerance=_tolerance(target))
    _write(path, found, saved, target)
    checks = {
        "distance_to_known": float(found.distance_to_known.min()),
        "typical_spacing": found.typical_spacing,
        "reconstruction_error": found.reconstruction_error,
        "spread_members": float(np.sqrt(np.mean(found.spread_members**2))),
        "spread_points": float(np.sqrt(np.mean(found.spread_points**2))),
    }
    result = {"output": path, "wanted": wanted, **checks}
    result |= {"coordinates": found.coordinates, "composition": found.composition}
    lines = [f"{path}: from {len(found.coordinates)} points of the map", ""]
    emit(options, result, lines + [f"{name:<22}{value:.4g}" for name, value in checks.items()])


def _tolerance(target: "Target") -> float:
    """Atoms per formula unit for a composition, 2 % of its range for a label."""
    return 0.05 if target.elements else 0.02 * float(np.ptp(target.values))


def _write(path: Path, found: "Generated", saved: "SavedMap", target: "Target") -> None:
    from peakscape import spectra
    from peakscape.files import replace_atomically

    [(axis, points)] = saved.axis.items()
    if path.suffix in STORES:
        dataset = spectra.make(
            found.intensity,
            two_theta=points if axis == "two_theta" else None,
            q=points if axis == "q" else None,
            energy=points if axis == "energy" else None,
            kind=saved.provenance.get("kind", "diffraction"),
            wavelength=saved.provenance.get("wavelength"),
            name=[path.stem],
            composition=found.wanted[None] if target.elements else None,
            elements=target.elements,
            labels=None if target.elements else {target.name: found.wanted},
            history=["generated from a map", f"prepared: {recipe_of_map(saved).text}"],
        )
        spectra.save(dataset, path)
        return
    columns = [points, found.intensity] + ([found.spread_members] if path.suffix == ".xye" else [])
    title = f"{axis} intensity" + (" spread" if path.suffix == ".xye" else "")
    with replace_atomically(path) as fresh:
        np.savetxt(fresh, np.column_stack(columns), fmt="%.8g", header=f"generated by peakscape\n{title}")
