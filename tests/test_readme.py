"""The README's example runs and prints what the README prints."""

import doctest
import re
import warnings
from pathlib import Path

import pytest

from peakscape.errors import ExtrapolationWarning

README = Path(__file__).parents[1] / "README.md"
NUMBER = re.compile(r"-?\d+\.\d+")


class CloseNumbers(doctest.OutputChecker):
    """Text as it stands; decimal numbers to 0.1, since training ends a little differently on another processor."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        same_text = NUMBER.sub("#", " ".join(want.split())) == NUMBER.sub("#", " ".join(got.split()))
        pairs = zip(NUMBER.findall(want), NUMBER.findall(got), strict=False)
        return same_text and all(abs(float(a) - float(b)) <= 0.1 for a, b in pairs)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_readme_example() -> None:
    text = README.read_text().replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(README), 0)
    assert len(examples.examples) > 10
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        results = doctest.DocTestRunner(checker=CloseNumbers()).run(examples)
    assert results.failed == 0
