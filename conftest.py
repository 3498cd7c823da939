"""What holds for every test and doctest: nothing by chance, machine code made once, one thread of linear algebra."""

import os

import pytest
from hypothesis import settings

# Before numpy is imported. Workers inherit it: two with two threads each on two cores take longer than with one each.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

# The same examples on every run and machine, and no limit on one of them: a loaded machine is slow, not wrong.
# Who asks for more examples than usual (tests/formats/test_fuzzing.py) wants to see others.
_asked_for_more = "PEAKSCAPE_FUZZ" in os.environ
settings.register_profile("same every time", derandomize=not _asked_for_more, database=None, deadline=None)
settings.load_profile("same every time")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Fill the cache of machine code before the workers start, which would each compile the same functions."""
    import numpy as np
    from ase.build import bulk

    from peakscape import diffraction, maps

    crystal = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    diffraction.simulate([crystal], wavelength=1.54, two_theta=(20.0, 60.0, 0.1), fwhm=0.2)
    patterns = np.random.default_rng(0).random((6, 40))
    space = maps.Autoencoder(hidden=(8, 4), n_members=1, n_epochs=2, random_state=0).fit(patterns)
    space.transform(patterns)
