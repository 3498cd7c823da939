"""X-ray absorption spectra of boron nitride, computed by GPAW (``nitride/provenance.json`` says how)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from peakscape.absorption import CoreHoleSpectrum, open_spectra


def load_nitride_spectra(*, element: str = "B") -> list[CoreHoleSpectrum]:
    """Open the shipped core-hole spectra of c-, h-, w- and r-BN, perfect, strained, thermally displaced and defective.

    Parameters
    ----------
    element
        Absorbing element: "B", or "N" for the perfect phases.

    Returns
    -------
    list of CoreHoleSpectrum
        Sticks relative to ``edge_energy``, densities of states, structure, settings; ``labels`` hold ``phase``,
        ``layered``, ``kind`` (pristine, strain, snapshot, defect), ``structure`` (what to leave out together),
        ``defect``, ``site`` (bulk, centre, near, next, far), ``distance`` (angstrom from the defect before relaxation),
        ``multiplicity``, ``strain`` (percent), ``amplitude`` (angstrom) and ``relaxation``.

    Examples
    --------
    >>> spectra = load_nitride_spectra()
    >>> spectra[0].name, spectra[0].element
    ('c-BN.pristine.B0', 'B')
    """
    path = Path(str(files("peakscape.datasets"))) / "nitride" / "spectra.npz"
    return [spectrum for spectrum in open_spectra(path) if spectrum.element == element]
