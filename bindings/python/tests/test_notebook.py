"""The notebook runs, shows its pictures, and its surface gets smoother."""

import re
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

NOTEBOOK = ROOT / "bindings/python/notebooks/scan_to_surface.ipynb"


@pytest.fixture(scope="module")
def executed():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return NotebookClient(notebook, timeout=300, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()


def test_it_is_kept_small():
    assert sum(file.stat().st_size for file in Path(NOTEBOOK.parent).iterdir()) < 400_000
    assert not any(cell.get("outputs") for cell in nbformat.read(NOTEBOOK, as_version=4).cells)


def test_it_shows_two_pictures_and_no_error(executed):
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_the_surface_gets_smoother(executed):
    text = "".join(output.get("text", "") for cell in executed.cells for output in cell.get("outputs", ()))
    before, after = map(float, re.search(r"([\d.]+) degrees before, ([\d.]+) degrees after", text).groups())
    assert after < before
