"""Chemical formulas to arrays and back, and the error between two compositions."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import CompositionError

# IUPAC symbols in order of atomic number, 1 to 118 (IUPAC periodic table of 4 May 2022).
ELEMENTS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr "
    "Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir "
    "Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl "
    "Mc Lv Ts Og"
).split()

_TOKEN = re.compile(r"([A-Z][a-z]?)|(\()|(\))|(\d+(?:\.\d*)?|\.\d+)|(\s+)")


def parse(formula: str) -> dict[str, float]:
    """Read a chemical formula with decimal amounts and parentheses.

    Parameters
    ----------
    formula
        For example ``"SmFe10.75Ti1.25"`` or ``"(Sm0.875Zr0.125)Fe11Ti"``.

    Returns
    -------
    dict
        Amount of each element in the order of first appearance; zero amounts are kept.

    Raises
    ------
    CompositionError
        If the formula is empty, holds an unknown element, or its parentheses do not match.

    Examples
    --------
    >>> parse("SmFe10.75Ti1.25")
    {'Sm': 1.0, 'Fe': 10.75, 'Ti': 1.25}
    """
    stack: list[dict[str, float]] = [{}]
    last: dict[str, float] | None = None
    position = 0
    while position < len(formula):
        match = _TOKEN.match(formula, position)
        if match is None:
            raise CompositionError(
                f"expected a chemical formula such as 'SmFe11Ti', got {formula!r}: cannot read {formula[position:]!r}"
            )
        position = match.end()
        symbol, opening, closing, number, _ = match.groups()
        if symbol:
            if symbol not in ELEMENTS:
                raise CompositionError(f"unknown element {symbol!r} in the formula {formula!r}")
            _settle(stack[-1], last, 1.0)
            last = {symbol: 1.0}
        elif opening:
            _settle(stack[-1], last, 1.0)
            last = None
            stack.append({})
        elif closing:
            _settle(stack[-1], last, 1.0)
            last = stack.pop()
            if not stack:
                raise CompositionError(f"a closing parenthesis too many in the formula {formula!r}")
        elif number:
            if last is None:
                raise CompositionError(f"the amount {number} in the formula {formula!r} belongs to no element")
            _settle(stack[-1], last, float(number))
            last = None
    _settle(stack[-1], last, 1.0)
    if len(stack) != 1:
        raise CompositionError(f"a parenthesis is not closed in the formula {formula!r}")
    if not stack[0]:
        raise CompositionError(f"expected a chemical formula such as 'SmFe11Ti', got {formula!r}")
    return stack[0]


def _settle(amounts: dict[str, float], group: Mapping[str, float] | None, factor: float) -> None:
    """Add a group of elements, times a factor, to the amounts read so far."""
    for element, amount in (group or {}).items():
        amounts[element] = amounts.get(element, 0.0) + amount * factor


def array_from_formulas(
    formulas: Sequence[str], elements: Sequence[str] | None = None
) -> tuple[NDArray[np.float64], list[str]]:
    """Turn formulas into an array of amounts.

    Parameters
    ----------
    formulas
        ``n_samples`` formulas.
    elements
        The columns wanted; by default all elements that occur, in the order of first appearance.

    Returns
    -------
    amounts : ndarray of shape (n_samples, n_elements)
        Atoms of each element per formula as written.
    elements : list of str

    Raises
    ------
    CompositionError
        If a formula cannot be read or holds an element that is not among `elements`.

    Examples
    --------
    >>> array_from_formulas(["SmFe12", "SmFe11Ti"])
    (array([[ 1., 12.,  0.], [ 1., 11.,  1.]]), ['Sm', 'Fe', 'Ti'])
    """
    parsed = [parse(formula) for formula in formulas]
    columns = list(elements) if elements is not None else list(dict.fromkeys(e for p in parsed for e in p))
    for formula, amounts in zip(formulas, parsed, strict=True):
        foreign = [element for element in amounts if element not in columns]
        if foreign:
            raise CompositionError(f"{formula!r} holds {', '.join(foreign)}; expected only {', '.join(columns)}")
    table = np.array([[amounts.get(element, 0.0) for element in columns] for amounts in parsed], dtype=np.float64)
    return table.reshape(len(parsed), len(columns)), columns


def formula_from_array(amounts: ArrayLike, elements: Sequence[str], digits: int = 3) -> str:
    """Write amounts as a formula, elements of zero amount left out.

    Parameters
    ----------
    amounts
        Array of shape (n_elements,), atoms per formula unit.
    elements
        The ``n_elements`` symbols.
    digits
        Decimals kept.

    Returns
    -------
    str

    Raises
    ------
    CompositionError
        If the two lengths differ.

    Examples
    --------
    >>> formula_from_array([1, 10.75, 1.25], ["Sm", "Fe", "Ti"])
    'SmFe10.75Ti1.25'
    """
    values = np.asarray(amounts, dtype=np.float64)
    if values.shape != (len(elements),):
        raise CompositionError(f"expected one amount for each of {len(elements)} elements, got shape {values.shape}")
    parts = []
    for element, value in zip(elements, np.round(values, digits), strict=True):
        if value != 0:
            text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
            parts.append(element if text == "1" else element + text)
    return "".join(parts)


def squared_error(estimated: ArrayLike, true: ArrayLike) -> NDArray[np.float64]:
    """Return the paper's error of a composition, the sum over elements of squared differences.

    Eq. (3) of Utimula et al., Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613.

    Parameters
    ----------
    estimated, true
        Arrays of shape (n_samples, n_elements) or (n_elements,), atoms per formula unit.

    Returns
    -------
    ndarray of shape (n_samples,) or ()
        In squared atoms per formula unit.

    Raises
    ------
    CompositionError
        If the shapes differ.

    Examples
    --------
    The first row of the paper's Table II:

    >>> float(squared_error([1, 0, 10.733, 1.267], [1, 0, 11, 1]).round(3))
    0.143
    """
    first, second = np.asarray(estimated, dtype=np.float64), np.asarray(true, dtype=np.float64)
    if first.shape != second.shape:
        raise CompositionError(f"expected two compositions of the same shape, got {first.shape} and {second.shape}")
    return np.asarray(((first - second) ** 2).sum(axis=-1))
