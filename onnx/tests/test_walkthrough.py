"""docs/bring_your_own_network.md: its Python blocks run, one after the other, and make bundles that check."""

import re
from pathlib import Path

from quietcloud_onnx import bundle, check

PAGE = Path(__file__).parents[2] / "docs" / "bring_your_own_network.md"


def test_the_page_makes_two_bundles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert len(blocks) == 5
    names = {}
    for block in blocks:
        exec(block.replace("STEPS = 12, 400", "STEPS = 12, 12"), names)
    assert names["STEPS"] == 12, "the test takes fewer steps than the page"
    for differences in (check.golden_differences("my-denoiser"), bundle.golden_differences("my-generator")):
        assert all(value <= check.TOLERANCE for value in differences.values())
