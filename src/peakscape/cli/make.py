"""Commands that make spectra: read, simulate, prepare; what can be read: formats; data to try: demo-data."""

import argparse
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import (
    add_label_options,
    add_prepare_option,
    add_spectra_options,
    apply_labels,
    open_all,
    open_spectra,
    positive,
    read_raw,
    seed,
    tell_detectors,
    treatment,
)
from peakscape.cli.many import add_many_options, simulate_many
from peakscape.cli.output import add_output_options, check_output, emit, lines_of, remark
from peakscape.errors import InputError
from peakscape.files import STORES
from peakscape.progress import progress, working

if TYPE_CHECKING:
    import xarray as xr
    from ase import Atoms


STEPS = """steps, each NAME, NAME=VALUE or NAME=VALUE:PARAMETER=VALUE:...

  despike[=threshold]        spikes: fwhm (points, of the narrowest peak), max_width (1 or 2 points)
  background[=method]        arpls, asls, snip or mor; width (of the axis, that counts as background)
  kalpha2[=anode]            Cr, Fe, Co, Cu, Mo, Ag, or by the wavelength; ratio
  zero_shift[=limit]         against a reference: window (28.2-28.7), reference (name of a sample), fwhm
  displacement[=limit]       of a flat specimen: window, reference, fwhm
  normalize[=by]             maximum, area, norm or standard; window
  edge[=near]                absorption by its edge step, near an energy in eV: before (50-150), after (25-900), degree,
                             victoreen (0; 3 for counts of energy loss), flatten (yes)
  scale[=number]             all spectra by one number; default: the largest value
  contrast[=fwhm]            only peaks are left
  bandpass[=narrow]          smoothed, without the continuum: widths narrow, broad (of the axis)
  resample=to                two_theta, q, log-q or energy; first, last, points or step, average (yes)

`default`: simulated patterns are scaled by one number; measured ones get despike,background,normalize=norm; absorption
spectra are left as they are.
"""


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    read = commands.add_parser("read", help="measured files or folders, of mixed kinds, into one file of spectra")
    read.add_argument("files", nargs="+", metavar="FILE", help="files or folders; see `peakscape formats`")
    add_spectra_options(read)
    add_output_options(read, writes="measured.zarr or measured.nc")
    read.set_defaults(run=run_read)
    _add_simulate(commands)
    _add_prepare(commands)
    formats = commands.add_parser("formats", help="list the file formats that are read")
    add_output_options(formats)
    formats.set_defaults(run=run_formats)
    demo = commands.add_parser("demo-data", help="write the measured spectra that the package ships into a folder")
    demo.add_argument("folder", metavar="DIR")
    demo.add_argument(
        "--fetch",
        nargs="+",
        metavar="NAME",
        help="sets of other projects instead, from the web; a wrong name lists all",
    )
    add_output_options(demo)
    demo.set_defaults(run=run_demo_data)


def _add_simulate(commands: Any) -> None:
    simulate = commands.add_parser("simulate", help="powder patterns from crystal structures (CIF, POSCAR, extxyz)")
    simulate.add_argument("structures", nargs="+", metavar="STRUCTURE", help="files; each may hold several structures")
    simulate.add_argument("--wavelength", type=positive, required=True, metavar="W", help="in angstrom")
    simulate.add_argument(
        "--two-theta", type=_range, default=(1.0, 119.99, 0.01), metavar="FIRST:LAST:STEP", help="in degrees"
    )
    simulate.add_argument(
        "--fwhm", type=_width, default=0.05, metavar="F", help="peak width in degrees, or Caglioti's U,V,W"
    )
    simulate.add_argument("--profile", choices=("gaussian", "pseudo_voigt"), default="gaussian")
    simulate.add_argument("--mixing", type=float, default=0.5, metavar="ETA", help="Lorentzian share of pseudo_voigt")
    simulate.add_argument("--polarization", choices=("unpolarized", "synchrotron", "none"), default="unpolarized")
    simulate.add_argument(
        "--atoms-per-formula",
        type=int,
        metavar="N",
        help="atoms in the formula unit that compositions refer to; default: of the simplest formula among the files",
    )
    simulate.add_argument("--jobs", type=int, default=-1, metavar="N", help="threads; -1 takes all cores")
    add_label_options(simulate)
    many = add_many_options(simulate)
    many.add_argument(
        "--variants", type=int, metavar="N", help="N patterns of each, as specimens and instruments differ"
    )
    many.add_argument(
        "--variations",
        nargs="+",
        default=[],
        metavar="NAME=LOW:HIGH",
        help="ranges to draw from instead of --fwhm and --profile; see peakscape.diffraction.Variations",
    )
    many.add_argument("--seed", type=seed, default=0, metavar="N", help="of the variants")
    add_output_options(simulate, writes="patterns.zarr or patterns.nc")
    simulate.set_defaults(run=run_simulate)


def _add_prepare(commands: Any) -> None:
    prepare = commands.add_parser(
        "prepare",
        help="background, spikes, K-alpha2, scale, shifts, common axes",
        epilog=STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    prepare.add_argument("spectra", nargs="+", metavar="SPECTRA", help="patterns.zarr, .nc, or raw files or folders")
    add_prepare_option(prepare)
    add_spectra_options(prepare)
    add_output_options(prepare, writes="prepared.zarr or prepared.nc")
    prepare.set_defaults(run=run_prepare)


def run_simulate(options: argparse.Namespace) -> None:
    """Simulate patterns and save them."""
    from peakscape import diffraction, spectra
    from peakscape.structures.reading import read_all

    path = check_output(options, *STORES)
    found = []
    for file in progress(options.structures, "reading structures"):
        parts = read_all(file)
        for number, atoms in enumerate(parts):
            name = Path(file).stem if len(parts) == 1 else f"{Path(file).stem}-{number}"
            atoms.info.setdefault("name", name)
            atoms.info["source"] = file
            atoms.info.pop("unit_cell", None)  # ASE's remark on how it read a CIF, no label
            found.append(atoms)
    _set_formula_units(found, options.atoms_per_formula)
    polarization: Any = None if options.polarization == "none" else options.polarization
    given: dict[str, Any] = {"wavelength": options.wavelength, "two_theta": options.two_theta}
    if options.variants is not None:
        simulate_many(found, options, given | {"polarization": polarization})
        return
    if options.variations:
        raise InputError("--variations needs --variants N, the number of patterns of each")
    given["fwhm"] = diffraction.Caglioti(*options.fwhm) if isinstance(options.fwhm, tuple) else options.fwhm
    given["instrument"] = diffraction.Instrument(
        profile=options.profile, mixing=options.mixing, polarization=polarization
    )
    if options.cluster is not None:
        simulate_many(found, options, given)
        return
    patterns = apply_labels(diffraction.simulate(found, **given, n_jobs=options.jobs), options)
    spectra.save(patterns, path)
    _report(options, path, patterns)


def _set_formula_units(structures: "list[Atoms]", n_atoms: int | None) -> None:
    """Let all compositions refer to one formula unit, so that Sm4Fe48 and Sm4Fe46Ti2 can be compared.

    Structures that bring info["formula_units"] keep it.
    """
    if n_atoms is not None and n_atoms < 1:
        raise InputError(f"--atoms-per-formula must be at least 1, got {n_atoms}")
    sizes = [len(atoms) // math.gcd(*Counter(atoms.get_chemical_symbols()).values()) for atoms in structures]
    unit = n_atoms or min(sizes)
    if n_atoms is None and any(len(atoms) % unit for atoms in structures):
        remark("the structures have no formula unit in common; each composition refers to its own smallest formula")
        return
    if n_atoms is None and len(set(sizes)) > 1:
        remark(f"compositions refer to {unit} atoms, the simplest formula's; choose with --atoms-per-formula")
    for atoms in structures:
        atoms.info.setdefault("formula_units", len(atoms) / unit)


def run_read(options: argparse.Namespace) -> None:
    """Read measured files and save them together."""
    from peakscape import spectra

    path = check_output(options, *STORES)
    if any(Path(file).suffix in STORES for file in options.files):
        measured, skipped = open_spectra(options.files, options), []
    else:
        with working("reading"):
            found = read_raw(options.files, options, resample=options.resample, each=treatment(options))
        measured, skipped = apply_labels(found.dataset, options), found.skipped.astype(str).values.tolist()
        if found.remark:
            remark(found.remark)
        tell_detectors(measured)
        _tell_what_is_raw(measured, options)
    spectra.save(measured, path)
    for file, reason in skipped:
        remark(f"not read: {file}: {reason}")
    if "wavelength" not in measured.attrs and spectra.axis_name(measured) == "two_theta":
        remark("the files do not tell their wavelength; give it with --wavelength W (angstrom): none is assumed")
    _report(options, path, measured, skipped=[{"file": file, "reason": reason} for file, reason in skipped])


def _tell_what_is_raw(measured: "xr.Dataset", options: argparse.Namespace) -> None:
    """Say which absorption stays as it was counted because its file does not call it raw."""
    if options.absorption in ("raw", "all") or "energy" not in measured.dims:
        return
    from peakscape.spectra.container import absorption_scales

    scales = absorption_scales(measured)
    left = [str(name) for name, scale in zip(measured["name"].values, scales, strict=True) if scale == "as counted"]
    if left:
        remark(
            f"{len(left)} of {len(scales)} spectra ({', '.join(left[:3])}{' ...' if len(left) > 3 else ''}) stay as"
            " they were counted: their files do not say that they are raw absorption; --absorption all brings them onto"
            " the scale of their edge step"
        )


def run_formats(options: argparse.Namespace) -> None:
    """List the formats."""
    from peakscape import formats

    table = formats.table()
    emit(options, {"formats": table}, lines_of(table))


def _report(
    options: argparse.Namespace, path: Path, dataset: "xr.Dataset", *, skipped: list[dict[str, str]] | None = None
) -> None:
    from peakscape import spectra

    axis = spectra.axis_name(dataset)
    points = dataset[axis].values
    wavelength = dataset.attrs.get("wavelength")
    standard = {"sample", "name", "source", "element", "composition", axis}
    labels = sorted(set(map(str, dataset.coords)) - standard)
    elements = [str(element) for element in dataset["element"].values] if "element" in dataset.coords else []
    result = {"output": path, "n_samples": dataset.sizes["sample"], "n_points": len(points), "axis": axis}
    result |= {"range": [points[0], points[-1]], "wavelength": wavelength, "labels": labels, "elements": elements}
    result |= {} if skipped is None else {"skipped": skipped}
    absorber = " ".join(str(dataset.attrs[key]) for key in ("element", "edge") if key in dataset.attrs)
    result |= {key: dataset.attrs[key] for key in ("element", "edge") if key in dataset.attrs}
    known = f"wavelength {wavelength:g} angstrom" if wavelength is not None else "wavelength not known"
    parts = [
        f"{path}: {dataset.sizes['sample']} spectra of {len(points)} points",
        f"{axis} {points[0]:g} to {points[-1]:g}",
        (absorber or "absorber not known") if axis == "energy" else known,
        *([f"labels {' '.join(labels)}"] if labels else []),
        *([f"elements {' '.join(elements)}"] if elements else []),
        *([f"{len(skipped)} not read (see above)"] if skipped else []),
    ]
    emit(options, result, [", ".join(parts)])


def _range(text: str) -> tuple[float, float, float]:
    """Read FIRST:LAST:STEP."""
    return _three(text, ":", "FIRST:LAST:STEP such as 1:119.99:0.01")


def _width(text: str) -> float | tuple[float, float, float]:
    """Read one width or U,V,W."""
    return _three(text, ",", "one width or U,V,W such as 0.01,-0.004,0.003") if "," in text else positive(text)


def _three(text: str, separator: str, expected: str) -> tuple[float, float, float]:
    try:
        first, second, third = (float(part) for part in text.split(separator))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}") from None
    return first, second, third


def run_prepare(options: argparse.Namespace) -> None:
    """Prepare spectra, save them and print what was done."""
    from peakscape import spectra
    from peakscape.preparation import Recipe

    path = check_output(options, *STORES)
    raw = open_all(options.spectra, options)
    recipe = Recipe.default(raw) if options.prepare == "default" else Recipe.from_text(options.prepare)
    prepared = recipe.fit(raw).apply(raw)
    spectra.save(prepared, path)
    axis = spectra.axis_name(prepared)
    points = prepared[axis].values
    done = [line for line in prepared.attrs["history"].splitlines() if line.startswith("prepared: ")]
    result = {"output": path, "prepared": recipe.text, "n_samples": prepared.sizes["sample"], "n_points": len(points)}
    result |= {"axis": axis, "range": [points[0], points[-1]], "history": done}
    about = (
        f"{path}: {prepared.sizes['sample']} spectra of {len(points)} points, {axis} {points[0]:g} to {points[-1]:g}"
    )
    emit(options, result, [about, *done])


def run_demo_data(options: argparse.Namespace) -> None:
    """Write the shipped measured sets, or those that are fetched, each in a folder of its own."""
    from peakscape import datasets

    root = Path(options.folder)
    if options.fetch:
        for name in options.fetch:
            with working(f"fetching {name}"):
                datasets.fetch(name, root / name)
        known = datasets.fetchable().set_index("name")["n_files"]
        counts = {name: int(known[name]) for name in options.fetch}
    else:
        written = {name: datasets.write_measured(name, root / name) for name in datasets.measured_names()}
        counts = {name: len(files) for name, files in written.items()}
    lines = [f"{root / name}: {count} file{'s' * (count > 1)} of spectra" for name, count in counts.items()]
    emit(options, {"folder": root, "n_files": counts}, lines)
