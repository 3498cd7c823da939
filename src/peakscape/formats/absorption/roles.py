"""What a column of an absorption scan is, by its name: energy, angle, a counter of this or that, or absorption itself.

Names are those of the XDI dictionary (https://github.com/XraySpectroscopy/XAS-Data-Interchange) and those that
beamlines use: `I0_EH1`, `Mono Energy *`, `Mn_Ka_mca1`, `ln(I0/It)`. A name is split into words at everything that is
neither letter nor digit, and at each change of small letters to capitals; what a word means stands in the tables below.
"""

import re
import unicodedata
from dataclasses import dataclass

ENERGY, READBACK, ANGLE, STEPS, TIME = "energy", "energy read back", "angle", "steps", "time"
INCOMING, TRANSMITTED, BEHIND, FLUORESCENCE, YIELD = "i0", "it", "ir", "if", "yield"
INPUT_RATE, OUTPUT_RATE, DEAD_TIME = "input count rate", "output count rate", "dead-time factor"
COUNTER, READY, OTHER = "counter", "absorption", "other"
COUNTED = (INCOMING, TRANSMITTED, BEHIND, FLUORESCENCE, YIELD, COUNTER)
"""What a detector counted."""

ENERGY_WORD = re.compile(r"energ(y|ie|ia|i)|enerji|エネル|能量|энерги", re.IGNORECASE)
"""The word in the languages of those who export tables; accents are taken off before."""
_READBACK = {"achieved", "readback", "rbv", "fbk", "feedback", "actual", "encoder", "enc", "measured"}
_TIME = re.compile(
    r"(time|clock|tscaler|dwell\w*|sec|secs|seconds|livetime|realtime|counttime|timer|epoch|elapsed|t|ct|s)\d*"
)
_WORDS = (
    (DEAD_TIME, re.compile(r"(dtfactor|dtcfactor|dtcorr\w*)\d*")),
    (INPUT_RATE, re.compile(r"(icr|inputcounts?|iffast|fast|inputrate)\d*")),
    (OUTPUT_RATE, re.compile(r"(ocr|outputcounts?|ifslow|slow|outputrate)\d*")),
    (INCOMING, re.compile(r"(i0\w*|io|izero|monitor|mon|ic0|ion0|incoming|incident|inc|ionchamber0)")),
    (TRANSMITTED, re.compile(r"(it|i1|itr|itrans\w*|trans|transmission|transmitted|ic1|ion1|ionchamber1)")),
    (BEHIND, re.compile(r"(ir|i2|iref\w*|ref|refer|reference|ic2|ion2|foil|ionchamber2)")),
    (YIELD, re.compile(r"(tey|iey|ey|yield|iyield|drain|aey|pey)")),
    (
        FLUORESCENCE,
        re.compile(
            r"(i?ff?|ifch|i?fluo\w*|if?l|fl|fy|tfy|pfy|pips|lytle|vortex|sdd|ge|hpge|canberra|xspress\w*|roi|sca|med|mca"
            r"|ka|kalpha|kb|la|lalpha|element)\d*"
        ),
    ),
    (COUNTER, re.compile(r"(detector|det|counter|cnt|mcs|scaler|scal|channel|chan|ch|keithley|amp|gas)\d*")),
)
# Columns that already are absorption, by the words of their names, and what they say of the scan.
_ABSORPTION = {
    "mutrans": "transmission",
    "mufluor": "fluorescence",
    "murefer": "reference",
    "muref": "reference",
    "normtrans": "normalized",
    "normfluor": "normalized",
    "norm": "normalized",
    "normalized": "normalized",
    "normalised": "normalized",
    "nor": "normalized",
    "flat": "normalized",
    "flattened": "normalized",
    "mu": "absorption",
    "mue": "absorption",
    "mux": "absorption",
    "xmu": "absorption",
    "μ": "absorption",
    "μe": "absorption",
    "μx": "absorption",
    "μt": "absorption",
    "xμ": "absorption",
    "xanes": "absorption",
    "xas": "absorption",
    "abs": "absorption",
    "absorption": "absorption",
    "absorbance": "absorption",
    "absorp": "absorption",
}
_LOGARITHM = re.compile(r"(?:ln|log)\W?_?(i0|io|i1|it)\W?_?(i1|it|itrans|i2|ir|iref)\W*")
_RATIO = re.compile(r"(if|iff|ff|fluo\w*|ifluor\w*|fy|tfy|sum)\W*/\W*(i0|io)\W*")
_PLURAL_COUNTS = re.compile(r"(input|output)\s?counts?")
_NUMBERED = re.compile(r"(.*?)(\d*)")


@dataclass(frozen=True)
class Role:
    """What one column is.

    `kind` is one of the words above; `says` of a column that already is absorption, what it tells of the scan
    ("transmission",
    "reference", "normalized" ...); `family` and `number` tell channels of one detector apart: ("mn ka mca", 2).
    """

    kind: str
    says: str = ""
    family: str = ""
    number: int = 0


def role_of(name: str) -> Role:
    """Return what a column is, by its name.

    Examples
    --------
    >>> role_of("Mono Energy *").kind, role_of("I0_EH1").kind, role_of("Mn_Ka_mca2")
    ('energy', 'i0', Role(kind='if', says='', family='mn ka mca', number=2))
    >>> role_of("mu_ref").says, role_of("OutputCounts_mca3").kind, role_of("ring current").kind
    ('reference', 'output count rate', 'other')
    """
    name = name[:200]
    if not name:
        return Role(COUNTER)  # a column without a title may be any
    plain = name.lower().strip()
    if found := _LOGARITHM.fullmatch(plain):
        return Role(READY, "reference" if found[2] in ("i2", "ir", "iref") else "transmission")
    if _RATIO.fullmatch(plain):
        return Role(READY, "fluorescence")
    words = _words(name)
    joined = "".join(words)
    if not words:
        return Role(OTHER)
    if kind := _position(words, joined):
        return Role(kind)
    if joined in _ABSORPTION:
        return Role(READY, _ABSORPTION[joined])
    if words[0] in _ABSORPTION and len(words) <= 3:
        says = "reference" if {"ref", "refer", "reference"} & set(words) else _ABSORPTION[words[0]]
        return Role(READY, says)
    return _counter(words)


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)
    plain = "".join(one for one in unicodedata.normalize("NFKD", apart.lower()) if not unicodedata.combining(one))
    lower = _PLURAL_COUNTS.sub(r"\1counts", re.sub(r"[\W_]+", " ", plain))
    return lower.split()[:12]


def _position(words: list[str], joined: str) -> str:
    """Return the kind of a column of energies or angles, "" of another."""
    if ENERGY_WORD.search(joined) and not {"ring", "loss", "gap", "undulator", "resolution"} & set(words):
        return READBACK if _READBACK & set(words) or any(each in joined for each in _READBACK) else ENERGY
    if words[0] in ("e", "ev", "kev", "en", "hv") and len(words) <= 2:
        return ENERGY
    if joined in ("steps", "encodercounts", "monosteps", "encoder"):
        return STEPS
    if {"angle", "theta", "bragg", "braggangle", "monoangle"} & set(words) and "2" not in words and "two" not in words:
        return ANGLE
    return ""


def _counter(words: list[str]) -> Role:
    if _TIME.fullmatch(words[0]):
        return Role(TIME)
    for kind, pattern in _WORDS:
        if any(pattern.fullmatch(word) for word in words):
            family, number = _numbered(words)
            return Role(kind, family=family, number=number)
    if len(words) > 1 and words[0] in ("i", "ic", "ion") and words[1] in ("0", "1", "2"):
        return Role({"0": INCOMING, "1": TRANSMITTED, "2": BEHIND}[words[1]], family=" ".join(words))
    return Role(TIME if any(_TIME.fullmatch(word) for word in words) else OTHER)


def _numbered(words: list[str]) -> tuple[str, int]:
    """Split the last number off a name: which channel of which detector."""
    for place in range(len(words) - 1, -1, -1):
        found = _NUMBERED.fullmatch(words[place])
        if found and found[2] and words[place] not in ("i0", "i1", "i2"):
            return " ".join([*words[:place], found[1], *words[place + 1 :]]).strip(), int(found[2][:9])
    return " ".join(words), 0
