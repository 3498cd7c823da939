"""Pack measured spectra, as published, into ``datasets/measured/``: the same folder gives the same bytes.

``python -m peakscape.datasets.make.pack_measured RAW`` reads the folders of `SETS` below RAW.
"""

from __future__ import annotations

import io
import json
import lzma
import re
import sys
import tarfile
from pathlib import Path
from typing import Any

from peakscape.datasets.measured import ARCHIVE, LICENCE, SOURCE

_XAS = {
    "attribution": "Measured at SSRL, beamlines 2-3 and 4-1, 1997; XAS Data Library.",
    "url": "https://github.com/XraySpectroscopy/XASDataLibrary",
    "doi": "10.1088/1742-6596/712/1/012148",
    "doi_of": "Ravel and Newville (2016), the format of the files; the library itself has no DOI",
    "licence": "CC0-1.0",
    "files": "*.xdi",
}
"""What the two sets of absorption edges share."""

_ODBL = """This data set is made available under the Open Database License (ODbL) 1.0:
https://opendatacommons.org/licenses/odbl/1-0/

It contains information from the EELS Data Base (https://eelsdb.eu), which is made available under that licence;
hexagonal boron nitride: Giovanni Bertoni. The curves were digitised from published plots; each file names its plot.
Whoever publishes this data set, changed or not, keeps this notice and the licence.
"""

SETS: dict[str, dict[str, Any]] = {
    "bn": {
        "raw": "bn-measured",
        "title": "B-K edges of cubic and hexagonal boron nitride, electron energy loss, digitised from plots",
        "attribution": "EELS Data Base (eelsdb.eu); hexagonal boron nitride: Giovanni Bertoni.",
        "url": "https://eelsdb.eu",
        "doi": "10.1017/S1431927616000179",
        "doi_of": "Ewels et al. (2016), the data base",
        "licence": "ODbL-1.0",
        "licence_text": _ODBL,
        "files": "*.csv",
        "remarks": "The energy axis of the plot of h-BN is known to be 3 eV too high (`energy_correction`); the "
        "resolution of c-BN is 1.8 eV.",
        "units": {"energy_correction": "eV"},
    },
    "fapbi3-mapbbr3": {
        "raw": "fapbi3-mapbbr3",
        "title": "Eleven powder patterns of the solid solution (FAPbI3)x(MAPbBr3)1-x, Cu K-alpha",
        "attribution": "PV-Lab (autoXRD): F. Oviedo, Z. Ren and co-workers.",
        "url": "https://github.com/PV-Lab/autoXRD",
        "doi": "10.1038/s41524-019-0196-x",
        "doi_of": "Oviedo et al. (2019), where the patterns were used",
        "licence": "Apache-2.0",
        "files": "*.xy",
        "read": {"wavelength": 1.5406},
        "remarks": "The files do not tell the wavelength; two geometries, and a second phase at x = 0.8 and 0.9.",
    },
    "batio3-ramp": {
        "raw": "batio3-ramp",
        "title": "Sixty powder patterns of BaTiO3 from 150 K to 445 K",
        "attribution": "Brookhaven National Laboratory, NSLS-II (federation-of-agents).",
        "url": "https://github.com/NSLS-II-PDF/federation-of-agents",
        "doi": "10.48550/arXiv.2104.00864",
        "doi_of": "Maffettone, Daly and Olds (2021), BaTiO3 at changing temperature by authors of the repository; "
        "whether from these files, neither says",
        "licence": "BSD-3-Clause",
        "files": "*.IoQ",
        "read": {"axis": "q"},
        "remarks": "",
        "units": {"temperature": "K"},
    },
    "chromium": {
        **_XAS,
        "raw": "xas-library/Cr",
        "title": "43 K-edge spectra of chromium compounds, transmission, raw",
        "remarks": "Energies as measured; compound, temperature and foil stand in the files.",
    },
    "arsenic": {
        **_XAS,
        "raw": "xas-library/As",
        "title": "32 K-edge spectra of arsenic compounds, transmission, raw",
        "remarks": "Energies as measured; compound, temperature and reference stand in the files.",
    },
    "weighed-mixtures": {
        "raw": "weighed-mixtures",
        "title": "Six weighed mixtures of oxides, each as a scan of 2 and of 8 minutes, Cu K-alpha; and silicon",
        "attribution": "Yuxing Fei and co-workers (Dara), University of California, Berkeley.",
        "url": "https://github.com/CederGroupHub/dara",
        "doi": "10.48550/arXiv.2510.19667",
        "doi_of": "Dara, automated phase identification and refinement (2025)",
        "licence": "MIT",
        "files": "*.xrdml",
        "remarks": "Weight fractions as the file names give them: they add up to 1.0002 to 1.0045.",
        "units": dict.fromkeys(("TiO2", "ZnO", "In2O3", "V2O5", "NiO", "Bi2O3", "MnCO3"), "1"),
    },
}
_PHASES = {"exp_cBN": ("c-BN", 0.0), "exp_hBN": ("h-BN", -3.0)}


def labels_of(name: str, file: str) -> dict[str, float | str]:
    """Return the labels of a file of a set: from its name, or what is known of it.

    Examples
    --------
    >>> labels_of("batio3-ramp", "BTO_310K.IoQ"), labels_of("weighed-mixtures", "V2O5_0p6008-ZnO_0p4010--2min.xrdml")[
    ...     "mixture"
    ... ]
    ({'temperature': 310.0}, 'V2O5 + ZnO')
    """
    if name == "bn":
        phase, correction = _PHASES[file[:7]]
        return {"phase": phase, "energy_correction": correction}
    if name == "fapbi3-mapbbr3":
        return {"x": float(re.fullmatch(r"x([0-9.]+)\.xy", file)[1])}  # type: ignore[index]
    if name == "batio3-ramp":
        return {"temperature": float(re.fullmatch(r"BTO_([0-9]+)K\.IoQ", file)[1])}  # type: ignore[index]
    found = re.findall(r"([A-Za-z0-9]+)_0p([0-9]+)", file) if name == "weighed-mixtures" else []
    if not found:
        return {}
    fractions = {phase: float(f"0.{digits}") for phase, digits in found}
    every = {phase: fractions.get(phase, 0.0) for phase in SETS[name]["units"]}
    return {**every, "mixture": " + ".join(fractions)}


def packed(folder: Path) -> bytes:
    """Pack the files of a folder, without its licence: sorted, without owners and times."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in _spectra(folder):
            member = tarfile.TarInfo(path.name)
            member.size = path.stat().st_size
            archive.addfile(member, io.BytesIO(path.read_bytes()))
    return lzma.compress(content.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def write_set(name: str, raw: Path, target: Path) -> None:
    """Write the folder of one set below `target` from the raw files below `raw`."""
    about = {"read": {}, "units": {}, **SETS[name]}
    folder = raw / about.pop("raw")
    text = about.pop("licence_text", None) or _licence_of(folder)
    about["labels"] = {path.name: labels for path in _spectra(folder) if (labels := labels_of(name, path.name))}
    (target / name).mkdir(parents=True, exist_ok=True)
    (target / name / ARCHIVE).write_bytes(packed(folder))
    (target / name / LICENCE).write_text(text, encoding="utf-8")
    (target / name / SOURCE).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _spectra(folder: Path) -> list[Path]:
    """The files of spectra, sorted."""
    return sorted(path for path in folder.iterdir() if path.name != LICENCE)


def _licence_of(folder: Path) -> str:
    """The licence beside the files, or in the folder above."""
    own = folder / LICENCE
    return (own if own.exists() else folder.parent / LICENCE).read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in SETS:
        write_set(each, Path(sys.argv[1]), Path(__file__).parents[1] / "measured")
