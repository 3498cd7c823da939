"""Compositions against values of the paper and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape import composition
from peakscape.errors import CompositionError

# Utimula et al. 2022, Table II: true and estimated composition and the error that the paper prints.
TABLE_II = [
    ([1, 0, 11, 1], [1, 0, 10.733, 1.267], 1.43e-1),
    ([1, 0, 11, 1], [1, 0, 10.958, 1.042], 3.59e-3),
    ([1, 0, 10.5, 1.5], [1, 0, 10.522, 1.478], 9.85e-4),
    ([1, 0, 11, 1], [1, 0, 11.022, 0.978], 9.31e-4),
]


@pytest.mark.parametrize(("true", "estimated", "printed"), TABLE_II)
def test_squared_error_gives_table_2(true: list[float], estimated: list[float], printed: float) -> None:
    # the printed compositions are rounded to 0.0005, which moves the error by up to 2 * 2 * difference * 0.0005
    rounding = 2 * 0.0005 * np.abs(np.subtract(estimated, true)).sum()
    assert composition.squared_error(estimated, true) == pytest.approx(printed, abs=rounding + 0.005 * printed)


amounts = st.dictionaries(
    st.sampled_from(composition.ELEMENTS), st.integers(1, 99_999).map(lambda n: n / 1000), min_size=1, max_size=6
)


@given(amounts)
def test_formula_and_array_are_inverse(wanted: dict[str, float]) -> None:
    formula = composition.formula_from_array(list(wanted.values()), list(wanted))
    assert composition.parse(formula) == pytest.approx(wanted)


@given(amounts, st.integers(1, 20))
def test_parentheses_multiply(inside: dict[str, float], factor: int) -> None:
    formula = composition.formula_from_array(list(inside.values()), list(inside))
    expected = {element: amount * factor for element, amount in inside.items()}
    assert composition.parse(f"({formula}){factor}") == pytest.approx(expected)


@pytest.mark.parametrize("bad", ["", "   ", "Xx2", "Fe)", "(Fe", "2Fe", "Fe-Ti", "fe", "Fe2..1", "()"])
def test_bad_formulas_are_refused(bad: str) -> None:
    with pytest.raises(CompositionError):
        composition.parse(bad)


@given(st.text(max_size=30))
def test_any_text_gives_a_composition_or_our_error(text: str) -> None:
    try:
        found = composition.parse(text)
    except CompositionError:
        return
    assert found
    assert set(found) <= set(composition.ELEMENTS)


def test_array_columns() -> None:
    table, elements = composition.array_from_formulas(["(Sm0.875Zr0.125)Fe11Ti", "SmFe12"], ["Sm", "Zr", "Fe", "Ti"])
    np.testing.assert_allclose(table, [[0.875, 0.125, 11, 1], [1, 0, 12, 0]])
    assert elements == ["Sm", "Zr", "Fe", "Ti"]
    with pytest.raises(CompositionError, match="holds Ti"):
        composition.array_from_formulas(["SmFe11Ti"], ["Sm", "Fe"])


def test_elements_are_the_periodic_table() -> None:
    from ase.data import chemical_symbols

    assert list(composition.ELEMENTS) == chemical_symbols[1:119]
