import numpy as np
import pytest

from peakscape import spectra
from peakscape.errors import SpectraError
from peakscape.spectra.container import shift_axis


def test_one_strain_is_one_shift_on_every_axis():
    d_spacing = np.array([3.2, 2.1, 1.4])
    both = []
    for stretch in (1.0, 1.013):
        two_theta = np.degrees(2.0 * np.arcsin(1.5406 / (2.0 * d_spacing * stretch)))[:]
        angles = spectra.make(np.ones((1, 3)), two_theta=two_theta, wavelength=1.5406)
        q = spectra.make(np.ones((1, 3)), q=2.0 * np.pi / (d_spacing * stretch))
        both.append([shift_axis(angles), shift_axis(q)])
    np.testing.assert_allclose(np.array(both[0]) - np.array(both[1]), np.log(1.013), rtol=1e-9)


def test_energy_stays_as_it_is():
    dataset = spectra.make(np.ones((1, 3)), energy=[188.0, 190.0, 195.0], kind="absorption")
    assert shift_axis(dataset).tolist() == [188.0, 190.0, 195.0]


def test_zero_has_no_logarithm():
    with pytest.raises(SpectraError, match="above 0"):
        shift_axis(spectra.make(np.ones((1, 3)), q=[0.0, 1.0, 2.0]))
