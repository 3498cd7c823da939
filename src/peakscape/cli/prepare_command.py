"""The command that prepares spectra: background, spikes, K-alpha2, scale, shifts, common axes."""

import argparse
from typing import Any

from peakscape.cli.inputs import STORES, add_prepare_option, add_spectra_options, asked_recipe, open_spectra
from peakscape.cli.output import add_output_options, check_output, emit

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
    """Add the command of this file to the program."""
    prepare = commands.add_parser(
        "prepare",
        help="background, spikes, K-alpha2, scale, shifts, common axes",
        epilog=STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    prepare.add_argument("spectra", nargs="+", metavar="SPECTRA", help="patterns.zarr, .nc, or raw files")
    add_prepare_option(prepare)
    add_spectra_options(prepare)
    add_output_options(prepare, writes="prepared.zarr or prepared.nc")
    prepare.set_defaults(run=run_prepare)


def run_prepare(options: argparse.Namespace) -> None:
    """Prepare spectra, save them and print what was done."""
    from peakscape import spectra

    path = check_output(options, *STORES)
    raw = open_spectra(options.spectra, options)
    options.prepare = options.prepare or "default"
    recipe = asked_recipe(options, raw)
    prepared = recipe.apply(raw)
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
