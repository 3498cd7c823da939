"""What the page is given, without a browser."""

import numpy as np
import pytest

import peakscape as ps
from peakscape.explorer import export, payload, show
from peakscape.explorer.packing import Rounded, compressed, pack, unpack
from peakscape.explorer.page import built
from peakscape.feature_space.questions import walking


def test_packed_numbers_come_back() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 50))
    told = unpack(pack({"a": rows, "b": rows.astype(np.float32), "c": Rounded(rows), "d": [1, None, "é"], "e": np.inf}))
    assert np.array_equal(told["a"], rows)
    assert np.array_equal(told["b"], rows.astype(np.float32))
    assert (np.abs(told["c"] - rows).max(axis=1) <= np.ptp(rows, axis=1) / 65535.0).all()
    assert told["d"] == [1, None, "é"]
    assert told["e"] is None


def test_same_space_same_bytes(spaces: dict[str, ps.FeatureSpace]) -> None:
    first, second = (payload.packed([spaces["pca"]], title="t", served=False) for _ in range(2))
    assert first == second
    assert compressed(b"a") == compressed(b"a")


@pytest.mark.parametrize("key", ["pca", "shift", "autoencoder", "kda", "mds"])
def test_payload_tells_what_the_space_knows(spaces: dict[str, ps.FeatureSpace], key: str) -> None:
    space = spaces[key]
    told = unpack(pack(payload.payload(space, title="a series", served=False)))
    assert told["names"] == space.names
    assert np.allclose(told["points"], np.median(space.coordinates_, axis=0))
    assert np.abs(told["spectra"] - space._known_rows).max() < 1e-5
    errors = space.validate()
    assert [row["method"] for row in told["provenance"]["errors"]] == errors["method"].tolist()
    label = told["labels"][0]
    samples = space.validate(per_sample=True)
    assert np.allclose(label["read"][:, 0], samples[label["trusted"]])
    assert ((label["lower"] <= label["read"]) & (label["read"] <= label["upper"])).all()


def test_listed_peaks_are_those_of_rank_peaks(spaces: dict[str, ps.FeatureSpace]) -> None:
    space = spaces["autoencoder"]
    told = payload.peaks_of(space, space._known_rows[3])
    table = space.rank_peaks(space.names[3], mask="peak")
    assert np.allclose(told["relevance"], table["relevance"], rtol=1e-5)
    window = (int(told["start"][0]), int(told["stop"][0]))
    moved = walking.mask_windows(space, space._known_rows[3], [window])
    by, error = moved.moves_by
    assert by == pytest.approx(table["relevance"][0], rel=1e-5)
    assert error == pytest.approx(table["relevance_error"][0], rel=1e-4)
    assert np.allclose(np.median(moved.masked, axis=0) - np.median(moved.whole, axis=0), told["moved"][0], atol=1e-6)


def test_places_between_samples_are_known_and_far_ones_are_not(spaces: dict[str, ps.FeatureSpace]) -> None:
    space = spaces["pca"]
    points = np.median(space.coordinates_, axis=0)
    near, far = walking.read_places(space, [(points[5] + points[6]) / 2, points[0] + 100.0])
    assert near["is_known"]
    assert not far["is_known"]
    told = near["labels"]["x"]
    assert told["lower"][0] < 0.5 < told["upper"][0]


def test_exported_file_needs_nothing(spaces: dict[str, ps.FeatureSpace], tmp_path: object) -> None:
    path = export(spaces["pca"], f"{tmp_path}/a <b>.html", others=[spaces["shift"]])
    text = path.read_text()
    assert "<title>a &lt;b&gt;</title>" in text
    assert 'src="explorer.js"' not in text
    assert "default-src 'none'" in text
    assert "srcdoc" in show(spaces["pca"])._repr_html_()


def test_bundle_is_small_and_names_no_network() -> None:
    import gzip

    text = "".join(built(name) for name in ("index.html", "explorer.css", "explorer.js"))
    assert len(gzip.compress(text.encode())) < 250_000
    addresses = text.replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in addresses
    assert "https://" not in addresses
