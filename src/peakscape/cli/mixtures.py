"""The command that says what samples consist of: unmix."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import add_spectra_options, open_all, open_spectra, positive, scans_of
from peakscape.cli.output import add_output_options, emit, lines_of, remark
from peakscape.errors import InputError, PeakscapeError, SpectraError

if TYPE_CHECKING:
    import pandas as pd
    from ase import Atoms

MUCH_LEFT = 0.05
"""Share of a spectrum from which on it is told that the parts do not explain it."""
CRYSTALS = (".cif", ".mcif", ".vasp", ".poscar", ".extxyz")


def add_commands(commands: Any) -> None:
    """Add the command to the program."""
    unmix = commands.add_parser(
        "unmix",
        help="what samples consist of, and how much of each part",
        description="Fractions of known parts with intervals, other explanations that are nearly as good, and what is"
        " left over. Structures give weight fractions of powder patterns by their computed intensities; pure spectra"
        " give shares of the signal. With --blind the parts are found from the series itself.",
    )
    unmix.add_argument("spectra", nargs="+", metavar="SPECTRA", help="raw files or folders, or spectra.zarr, .nc")
    add_part_options(unmix, required=False)
    blind = unmix.add_argument_group("parts that nobody gave")
    blind.add_argument(
        "--blind",
        type=_n_parts,
        metavar="N",
        help="find N parts, or `auto` to count them; --parts then only name what each is like (two or more)",
    )
    blind.add_argument("--save-parts", metavar="FILE", help="write the parts that were found, .zarr or .nc")
    add_spectra_options(unmix)
    add_output_options(unmix)
    unmix.set_defaults(run=run_unmix)


def add_part_options(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add what says which parts mixtures may have, and what is known of them."""
    command.add_argument(
        "--parts",
        nargs="+",
        required=required,
        default=None if required else [],
        metavar="PARTS",
        help="CIF files or folders of them, names of common phases with commas between them (quartz,calcite); or pure"
        " spectra",
    )
    command.add_argument("--level", type=float, default=0.9, metavar="P", help="share that an interval should cover")
    shares = command.add_argument_group("pure spectra")
    shares.add_argument(
        "--max-shift", type=float, metavar="S", help="largest: of a part relative in q (0.005), of all parts in eV (2)"
    )
    shares.add_argument(
        "--saturation",
        choices=("leakage", "self_absorption"),
        help="how high absorption is flattened, where it is known to be; default: not at all",
    )
    shares.add_argument("--max-parts", type=int, default=4, metavar="N", help="most parts of one explanation")
    shares.add_argument("--closure", choices=("relative", "fixed", "free"), default="relative")
    weights = command.add_argument_group("structures")
    weights.add_argument(
        "--grain-radius",
        type=float,
        metavar="UM",
        help="of the grains in micrometre, for their absorption; 0: none; default: unknown, about 1",
    )
    weights.add_argument(
        "--full-from", type=float, default=0.0, metavar="DEG", help="two_theta below which the beam exceeds the sample"
    )
    weights.add_argument("--second-wavelength", type=positive, metavar="W", help="of K-alpha2; default: as files tell")
    weights.add_argument(
        "--standard", metavar="NAME=FRACTION", help="internal standard: fractions of the whole, and the amorphous rest"
    )


def run_unmix(options: argparse.Namespace) -> None:
    """Find the parts of spectra and print them."""
    from peakscape.feature_space.readouts import mixtures

    if options.blind is not None:
        _run_blind(options)
        return
    if not options.parts:
        raise InputError("give --parts, what mixtures may consist of, or --blind N to find parts in the series itself")
    if options.save_parts:
        raise InputError("--save-parts writes what --blind finds; give --blind N too")
    structures = structures_of(options)
    parts = None if structures else _pure(options)
    samples, skipped = [], []
    for file, dataset in scans_of(options.spectra, options):
        try:
            if isinstance(dataset, PeakscapeError):
                raise dataset
            if parts is None:
                found: Any = mixtures.weigh(dataset, structures, level=options.level, **of_structures(options))
            else:
                found = parts.explain(dataset)
        except PeakscapeError as error:
            if len(options.spectra) == 1 and Path(file) == Path(options.spectra[0]):
                raise
            skipped.append({"file": file, "reason": str(error)})
            remark(f"not unmixed: {file}: {error}")
            continue
        more = mixtures.records_of(found, dataset, None if parts is None else parts.points)
        samples += more
        for one in more:
            if one["remainder"]["share"] > MUCH_LEFT:
                share, at = 100 * one["remainder"]["share"], one["remainder"]["at"]
                remark(f"{one['name']}: the parts leave {share:.2g} %, most of it at {at:.5g}: something else is there")
    if not samples:
        raise SpectraError(f"none of {len(skipped)} files could be unmixed; the reasons stand above")
    result = {"parts": list(samples[0]["fractions"]), "weights": parts is None, "samples": samples, "skipped": skipped}
    emit(options, result, lines_of(_table(samples), digits=3))


def _n_parts(text: str) -> int:
    """A number of parts; 0 stands for `auto`.

    Examples
    --------
    >>> _n_parts("3"), _n_parts("auto")
    (3, 0)
    """
    if text == "auto":
        return 0
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of parts, or auto, got {text!r}")
    return int(text)


def _run_blind(options: argparse.Namespace) -> None:
    """Find parts from a series itself and print how much of the signal each is."""
    import numpy as np

    from peakscape import spectra
    from peakscape.analysis import BlindParts, count_parts
    from peakscape.signal.interpolation import shift_axis

    if options.saturation or options.standard:
        raise InputError("--saturation and --standard need known parts, by --parts without --blind")
    target = None if options.save_parts is None else _free(options.save_parts)
    dataset = open_all(options.spectra, options).load()
    rows, axis = np.asarray(dataset["intensity"].values, dtype=np.float64), spectra.axis_name(dataset)
    points = np.asarray(dataset[axis].values, dtype=np.float64)
    told: dict[str, Any] = {"max_shift": options.max_shift or 0.0, "closure": options.closure == "fixed"}
    if told["max_shift"]:
        told["axis"] = shift_axis(points, axis)
    result: dict[str, Any] = {}
    n_parts = options.blind
    if not n_parts:
        counted = count_parts(rows, **told)
        n_parts, result["stability"] = counted.n_parts, counted.stability
        remark(f"{n_parts} parts are those on which halves of the series agree")
    found = BlindParts(n_parts, **told).fit(rows)
    names = [f"part {k + 1}" for k in range(n_parts)]
    if options.parts:
        result["alike"] = _alike(found, names, dataset, options)
    if target is not None:
        place: dict[str, Any] = {axis: points}
        wavelength = dataset.attrs.get("wavelength")
        made = spectra.make(found.parts_, kind=dataset.attrs["kind"], wavelength=wavelength, name=names, **place)
        spectra.save(made, target)
        remark(f"the parts are in {target}")
    samples = _blind_samples(found, names, dataset, rows, points)
    lines = [*lines_of(_table(samples), digits=3), *_alike_lines(result.get("alike", []))]
    emit(options, {"parts": names, "weights": False, "samples": samples, "skipped": []} | result, lines)


def _free(path: str) -> Path:
    """Where parts are written: nothing may be there yet."""
    target = Path(path)
    if target.suffix not in (".zarr", ".nc"):
        raise InputError(f"{target}: the parts are written to .zarr or .nc")
    if target.exists():
        raise InputError(f"{target} is there already; choose another name")
    if not target.parent.is_dir():
        raise InputError(f"{target}: the folder {target.parent} does not exist; create it first")
    return target


def _blind_samples(found: Any, names: list[str], dataset: Any, rows: Any, points: Any) -> list[dict[str, Any]]:
    """Shares of the area that the parts explain, and what they leave; nothing is known of their errors."""
    import numpy as np

    shares = found.amounts_ * found.parts_.sum(axis=1)
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    left = rows - found.fitted_
    told = []
    for k, (share, rest) in enumerate(zip(shares, left, strict=True)):
        row: dict[str, Any] = {key: str(dataset[key].values[k]) for key in ("name", "source")}
        open_ends = {"lower": None, "upper": None, "detection_limit": None}
        row["fractions"] = {name: {"value": float(one)} | open_ends for name, one in zip(names, share, strict=True)}
        size = float(np.sum((rows[k] - rows[k].mean()) ** 2))
        row["unexplained"] = float(np.sum(rest**2)) / max(size, 1e-300)
        largest = int(np.argmax(rest))
        row["remainder"] = {"largest": float(rest[largest]), "at": float(points[largest]),
                            "share": float(np.sum(rest**2) / max(float(np.sum(rows[k] ** 2)), 1e-300))}  # fmt: skip
        told.append(row)
    return told


def _alike(found: Any, names: list[str], dataset: Any, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Which of the known spectra or phases each part is most like."""
    import numpy as np

    from peakscape import spectra

    axis = spectra.axis_name(dataset)
    points = np.asarray(dataset[axis].values, dtype=np.float64)
    structures = structures_of(options)
    if structures:
        from peakscape.diffraction import simulate

        wavelength = dataset.attrs.get("wavelength")
        if axis != "two_theta" or wavelength is None:
            raise InputError("phases are compared with patterns on two_theta of a known wavelength; give --wavelength")
        step = float(np.diff(points).min())
        asked = (float(points[0]), float(points[-1]), step)
        known = simulate(list(structures.values()), wavelength=wavelength, two_theta=asked, fwhm=max(0.1, 3 * step))
        known = known.assign_coords(name=("sample", list(structures)))
    else:
        known = open_spectra(options.parts, options)
    if spectra.axis_name(known) != axis:
        raise InputError(f"the series is on {axis} and --parts on {spectra.axis_name(known)}; bring both onto one axis")
    own = np.asarray(known[axis].values, dtype=np.float64)
    rows = [np.interp(points, own, row, left=0.0, right=0.0) for row in known["intensity"].values]
    likes = found.resemble(rows, [str(name) for name in known["name"].values])
    return [{"part": name} | one._asdict() for name, one in zip(names, likes, strict=True)]


def _alike_lines(alike: list[dict[str, Any]]) -> list[str]:
    return [f"{one['part']} is most like {one['name']} (cosine {one['cosine']:.3f}), then {one['next_name']}"
            f" ({one['next_cosine']:.3f})" for one in alike]  # fmt: skip


def structures_of(options: argparse.Namespace) -> "dict[str, Atoms]":
    """Structures by the names of their files; none where the parts are spectra."""
    from peakscape import structures

    named: dict[str, Atoms] = {}
    files = []
    for path in map(Path, options.parts):
        if not path.exists() and not path.suffix:
            named |= {one.info["name"]: one for one in map(structures.phase, filter(None, str(path).split(",")))}
        else:
            files += sorted(path.glob("*.cif")) if path.is_dir() else [path]
    crystals = [file for file in files if file.suffix.lower() in CRYSTALS]
    if not crystals and (not named or not files):
        return named
    if len(crystals) < len(files):
        other = next(file for file in files if file not in crystals)
        first = crystals[0] if crystals else next(iter(named))
        raise InputError(f"expected parts to be all structures or all spectra, got {first} and {other}")
    stems = [*named, *(file.stem for file in crystals)]
    twice = [stem for stem in stems if stems.count(stem) > 1]
    if twice:
        raise InputError(f"two parts are called {twice[0]!r}; rename one of the files")
    return named | {file.stem: structures.read(file) for file in crystals}


def _pure(options: argparse.Namespace) -> Any:
    from peakscape.feature_space.readouts.mixtures import KnownParts

    return KnownParts(open_spectra(options.parts, options), options={"level": options.level, **of_spectra(options)})


def of_spectra(options: argparse.Namespace) -> dict[str, Any]:
    """What was told of pure spectra, as `Unmix` takes it."""
    told = {"max_parts": options.max_parts, "closure": options.closure}
    more = {"max_shift": options.max_shift, "saturation": options.saturation}
    return told | {name: value for name, value in more.items() if value is not None}


def of_structures(options: argparse.Namespace) -> dict[str, Any]:
    """What was told of structures, as `PhaseMixture` takes it."""
    told = {"grain_radius": options.grain_radius, "full_from": options.full_from}
    if options.second_wavelength is not None:
        told["second_wavelength"] = options.second_wavelength
    if options.standard is not None:
        name, _, share = options.standard.partition("=")
        try:
            told["standard"] = (name, float(share))
        except ValueError:
            raise InputError(f"expected --standard NAME=FRACTION, got {options.standard!r}") from None
    return told


def _table(samples: list[dict[str, Any]]) -> "pd.DataFrame":
    """What a person reads: one row a spectrum and part; what is not seen is below its detection limit."""
    import pandas as pd

    rows = []
    for sample in samples:
        for part, told in sample["fractions"].items():
            limit = told["detection_limit"]
            seen = f"{told['value']:.3f}" if told["value"] > 0 or limit is None else f"<{limit:.3f}"
            ends = {"lower": told["lower"], "upper": told["upper"]}
            rows.append({"name": sample["name"], "part": part, "fraction": seen, **ends})
    return pd.DataFrame(rows)
