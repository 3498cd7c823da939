"""What one core-hole calculation gives: sticks, densities of states, edge energy, and how it was made."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.files import replace_atomically

FORMAT = 1
"""Version of the layout of the arrays below."""


@dataclass(frozen=True)
class CoreHoleSpectrum:
    """Result of one core-hole calculation; a spectrum as lines ("sticks") before any broadening.

    Parameters
    ----------
    name
        Name of the calculation.
    atoms
        Structure as it was computed, without calculator.
    absorber
        Index of the atom with the core hole.
    edge_energy
        Energy of the first transition in eV: spin-polarised difference of total energies.
    energy
        Energies of the sticks in eV relative to `edge_energy`, ascending (n_sticks,).
    strength
        Oscillator strengths along x, y and z, weighted by k point (n_sticks, 3).
    dos_energy
        Axis of the densities of states in eV, with the same zero as `energy` (n_energies,).
    dos
        Densities of states per eV, spin and cell with the core hole present (n_channels, n_energies).
    dos_channels
        What each row of `dos` is: "total", "absorber_s", "absorber_p", "B_s", ... (n_channels,).
    settings
        Everything that was chosen, and what the program reported back, as JSON can hold it.
    labels
        Labels of the sample (phase, defect, site, ...).

    Examples
    --------
    >>> spectrum = example()
    >>> spectrum.element, spectrum.energy.tolist()
    ('B', [0.0, 7.0])
    """

    name: str
    atoms: Atoms
    absorber: int
    edge_energy: float
    energy: NDArray[np.float64]
    strength: NDArray[np.float64]
    dos_energy: NDArray[np.float64]
    dos: NDArray[np.float64]
    dos_channels: tuple[str, ...]
    settings: Mapping[str, Any]
    labels: Mapping[str, Any]

    @property
    def element(self) -> str:
        """Symbol of the absorbing atom."""
        return str(self.atoms.symbols[self.absorber])


def save_spectra(spectra: list[CoreHoleSpectrum], path: str | Path) -> None:
    """Write spectra into one compressed NumPy archive, without pickle; the file appears whole or not at all.

    Sticks and densities are kept in single precision, positions and energies of the edge in double.

    Parameters
    ----------
    spectra
        What to write; names must differ.
    path
        File to write (``.npz``).

    Raises
    ------
    FormatError
        If two spectra have the same name.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_spectra([example()], Path(folder, "one.npz"))
    ...     open_spectra(Path(folder, "one.npz"))[0].edge_energy
    191.5
    """
    names = [spectrum.name for spectrum in spectra]
    if len(set(names)) < len(names):
        raise FormatError(f"expected spectra with different names, got {sorted(names)}; rename the repeated ones")
    arrays: dict[str, NDArray[Any]] = {"names": np.array(names)}
    for number, spectrum in enumerate(spectra):
        arrays |= {f"{number}/{field}": value for field, value in _arrays(spectrum).items()}
    with replace_atomically(path) as fresh, fresh.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def open_spectra(path: str | Path) -> list[CoreHoleSpectrum]:
    """Read spectra that :func:`save_spectra` wrote.

    Parameters
    ----------
    path
        File to read.

    Returns
    -------
    list of CoreHoleSpectrum
        In the order of writing.

    Raises
    ------
    FormatError
        If the file is no such archive, is damaged, or comes from a newer version.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_spectra([example()], Path(folder, "one.npz"))
    ...     [spectrum.name for spectrum in open_spectra(Path(folder, "one.npz"))]
    ['hBN pristine']
    """
    try:
        # whole, into memory: numpy leaves a damaged file open
        content = io.BytesIO(Path(path).read_bytes())
    except OSError as failure:
        raise FormatError(f"cannot read {path}: {failure.strerror}; give a file that save_spectra wrote") from failure
    try:
        with np.load(content, allow_pickle=False) as archive:
            names = archive["names"].tolist()
            return [_spectrum(name, _fields(archive, number)) for number, name in enumerate(names)]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, RuntimeError, zlib.error) as failure:
        # RuntimeError: zipfile takes damaged flags for encryption or for methods that it does not know
        raise FormatError(
            f"{path} is not a complete archive of core-hole spectra ({failure}); remove it or compute it again"
        ) from failure


def example() -> CoreHoleSpectrum:
    """Return a made-up spectrum of two sticks, for examples and tests; no physics in it."""
    atoms = Atoms("BN", positions=[[0, 0, 0], [1.446, 0, 0]], cell=[2.504, 2.504, 6.66, 90, 90, 120], pbc=True)
    return CoreHoleSpectrum(
        name="hBN pristine",
        atoms=atoms,
        absorber=0,
        edge_energy=191.5,
        energy=np.array([0.0, 7.0]),
        strength=np.array([[0.0, 0.0, 0.5], [1.0, 1.0, 0.0]]),
        dos_energy=np.array([-1.0, 0.0, 1.0]),
        dos=np.ones((1, 3)),
        dos_channels=("total",),
        settings={"cutoff": 300.0},
        labels={"phase": "h-BN"},
    )


def _arrays(spectrum: CoreHoleSpectrum) -> dict[str, NDArray[Any]]:
    """Turn a spectrum into plain arrays; text becomes JSON."""
    text = {
        "format": FORMAT,
        "absorber": int(spectrum.absorber),
        "edge_energy": float(spectrum.edge_energy),
        "dos_channels": list(spectrum.dos_channels),
        "settings": dict(spectrum.settings),
        "labels": dict(spectrum.labels),
    }
    axis = spectrum.dos_energy
    return {
        "numbers": spectrum.atoms.numbers.astype(np.uint8),
        "positions": spectrum.atoms.positions.astype(np.float64),
        "cell": spectrum.atoms.cell.array.astype(np.float64),
        "energy": spectrum.energy.astype(np.float32),
        "strength": spectrum.strength.astype(np.float32),
        "dos_axis": np.array([axis[0], axis[-1], len(axis)], dtype=np.float64),
        "dos": spectrum.dos.astype(np.float32),
        "text": np.array(json.dumps(text)),
    }


def _fields(archive: Any, number: int) -> dict[str, NDArray[Any]]:
    """Read the arrays of one spectrum."""
    names = ("numbers", "positions", "cell", "energy", "strength", "dos_axis", "dos", "text")
    return {name: archive[f"{number}/{name}"] for name in names}


def _spectrum(name: str, fields: Mapping[str, NDArray[Any]]) -> CoreHoleSpectrum:
    """Put one spectrum together from its arrays."""
    text = json.loads(fields["text"].item())
    if text["format"] > FORMAT:
        raise ValueError(f"layout {text['format']} is newer than {FORMAT}; update peakscape")
    start, stop, count = fields["dos_axis"]
    return CoreHoleSpectrum(
        name=name,
        atoms=Atoms(fields["numbers"], positions=fields["positions"], cell=fields["cell"], pbc=True),
        absorber=text["absorber"],
        edge_energy=text["edge_energy"],
        energy=fields["energy"].astype(float),
        strength=fields["strength"].astype(float),
        dos_energy=np.linspace(start, stop, round(count)),
        dos=fields["dos"].astype(float),
        dos_channels=tuple(text["dos_channels"]),
        settings=text["settings"],
        labels=text["labels"],
    )
