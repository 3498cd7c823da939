"""The demonstration: its first part, and the page that leads to it."""

import re


def test_the_first_map_stands_on_the_page(run, tmp_path):
    result = run("demo", "--first", "--out", tmp_path / "results")
    assert result.code == 0
    assert result.out == f"Done. Open {tmp_path / 'results' / 'index.html'} in a browser.\n"
    page = (tmp_path / "results" / "index.html").read_text()
    assert re.search(r'<details class="part" id="part-1" open>', page)
    told = re.search(r"x = 0\.4: (\d\.\d+), between (\d\.\d+) and (\d\.\d+)", page)
    x, low, high = (float(number) for number in told.groups())
    assert low < 0.4 < high
    assert abs(x - 0.4) < 0.1
    for address in re.findall(r'(?:src|href)="(first/[^"]+)"', page):
        assert (tmp_path / "results" / address).is_file()
    assert "still being computed" not in page
