"""What is chosen in a core-hole calculation: one frozen set of numbers for a whole series."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from peakscape.errors import InputError


@dataclass(frozen=True)
class CoreHoleSettings:
    """Settings of a core-hole calculation; spectra to be compared must share them.

    Parameters
    ----------
    cutoff
        Plane waves, eV.
    k_points
        Gamma-centred mesh.
    functional
        Exchange and correlation.
    smearing
        Width of the Fermi-Dirac occupations, eV.
    empty_bands
        Empty bands per cubic angstrom of the cell that are converged.
    core_hole
        Name of the core-hole setup, as in ``gpaw-setup -f PBE B --name fch1s --core-hole=1s,1.0``.
    max_iterations
        Iterations after which a self-consistency cycle is given up.
    dos_width
        Full width at half maximum of the Gaussians in the densities of states, eV.
    point_group
        Whether the symmetry of the structure saves k points. Of little use in a skewed cell, whose grid must then be as
        fine along all axes; the result is the same.

    Raises
    ------
    InputError
        If a number is not positive.

    Examples
    --------
    >>> CoreHoleSettings().k_points
    (3, 3, 3)
    """

    cutoff: float = 400.0
    k_points: tuple[int, int, int] = (3, 3, 3)
    functional: str = "PBE"
    smearing: float = 0.1
    empty_bands: float = 0.70
    core_hole: str = "fch1s"
    max_iterations: int = 200
    dos_width: float = 0.3
    point_group: bool = True

    def __post_init__(self) -> None:
        """Refuse what is not positive."""
        numbers = (self.cutoff, *self.k_points, self.smearing, self.empty_bands, self.max_iterations, self.dos_width)
        if min(numbers) <= 0:
            raise InputError(f"expected positive settings, got {self}")

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON holds them, to compare with stored ones.

        Examples
        --------
        >>> CoreHoleSettings().to_json()["k_points"]
        [3, 3, 3]
        """
        told = {**asdict(self), "k_points": list(self.k_points)}
        if self.point_group:
            del told["point_group"]  # the usual way, and what spectra stored before there was a choice went
        return told
