"""Options, models, reports, errors."""

import inspect
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import quietcloud

MODEL = ROOT / "models/default"


def test_the_signature_says_what_the_library_says():
    table = quietcloud.options()
    for name, parameter in inspect.signature(quietcloud.denoise).parameters.items():
        if name in table:
            assert parameter.default == quietcloud.Filter().get(name)
    assert list(table) == ["noise", "steps", "quality", "seed", "threads", "max_memory_mb", "spacing"]
    assert table["quality"].kind == "choice" and table["quality"].choices == ("fast", "balanced", "high")
    assert all(option.low <= option.initial <= option.high and option.help for option in table.values())


def test_options_are_kept_and_read_back():
    keep = quietcloud.Filter(noise=0.25, quality="high", steps=np.int64(7))
    assert (keep.get("noise"), keep.get("quality"), keep.get("steps"), keep.get("threads")) == (0.25, "high", 7, "auto")
    keep.set(noise="auto", quality=0)
    assert (keep.get("noise"), keep.get("quality")) == ("auto", "fast")


@pytest.mark.parametrize(
    "options, error, match",
    [
        ({"nois": 1}, TypeError, "no option 'nois'; the options are noise, steps"),
        ({"noise": -1}, ValueError, "noise can't be -1"),
        ({"noise": float("nan")}, ValueError, "noise"),
        ({"noise": "loud"}, ValueError, "auto or a number"),
        ({"noise": None}, TypeError, "NoneType"),
        ({"noise": 1j}, TypeError, "complex"),
        ({"quality": "best"}, ValueError, "fast, balanced, high"),
        ({"quality": "fast\0"}, ValueError, "NUL"),
        ({"seed": 2**53}, ValueError, "seed"),
        ({"seed": 10**400}, ValueError, "larger"),
        ({"steps": 1.5}, ValueError, "whole number"),
    ],
)
def test_wrong_options_are_named(sphere, options, error, match):
    with pytest.raises(error, match=match):
        quietcloud.denoise(sphere, progress=False, **options)


def test_the_report_tells_what_was_done(sphere):
    run = quietcloud.Filter()
    with pytest.raises(ValueError, match="no run"):
        run.report
    points = np.vstack([sphere, [[np.nan] * 3]])
    run(points, progress=False)
    report = run.report
    assert (report["points"], report["finite"], report["passed_through"]) == (2001, 2000, 1)
    assert report["estimated"] and 0.005 < report["noise"] < 0.05 and report["device"] == "cpu"
    run.set(noise=0.02)
    run(points, progress=False)
    assert not run.report["estimated"] and run.report["noise"] == 0.02


def test_models_tell_what_they_are():
    model = quietcloud.Model(device="cpu")
    assert model.device == "cpu" and model.info["method"] == "sbd" and "cpu" in repr(model)
    # The pip package's, although the cache folder and the system may have others.
    assert "site-packages/onnxruntime/capi" in model.info["runtime"]["path"]


def test_a_folder_and_an_archive_give_what_the_built_in_model_gives(sphere, tmp_path):
    import zipfile

    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for file in MODEL.iterdir():
            bundle.write(file, file.name)
    expected = quietcloud.denoise(sphere, progress=False)
    models = (quietcloud.Model(MODEL), quietcloud.Model(str(archive)), quietcloud.Model.from_bytes(archive.read_bytes()))
    for model in models:
        assert np.array_equal(quietcloud.denoise(sphere, progress=False, model=model), expected)


def test_a_filter_outlives_its_model(sphere):
    model = quietcloud.Model()
    run = quietcloud.Filter(model)
    del model
    assert len(run(sphere, progress=False)) == len(sphere)


def test_broken_models_and_devices_are_refused(tmp_path):
    with pytest.raises(quietcloud.Error) as missing:
        quietcloud.Model(tmp_path / "nothing")
    assert missing.value.code == 5
    shutil.copytree(MODEL, tmp_path / "model")
    (tmp_path / "model/score.onnx").write_bytes(b"broken")
    with pytest.raises(quietcloud.Error, match="score.onnx") as broken:
        quietcloud.Model(tmp_path / "model")
    again = pickle.loads(pickle.dumps(broken.value))
    assert (str(again), again.code) == (str(broken.value), broken.value.code)
    with pytest.raises(ValueError):
        quietcloud.Model(device="abacus")
    with pytest.raises(ValueError, match="NUL"):
        quietcloud.Model("a\0b")
    with pytest.raises(quietcloud.Error):
        quietcloud.Model.from_bytes(b"")


def test_everything_public_is_documented_and_typed():
    assert Path(quietcloud.__file__).with_name("py.typed").exists()
    for name in quietcloud.__all__:
        thing = getattr(quietcloud, name)
        assert inspect.getdoc(thing), name
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if callable(value) and not member.startswith("_"):
                assert value.__doc__, f"{name}.{member}"
                assert "return" in value.__annotations__, f"{name}.{member}"


def test_types_are_sound():
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, ROOT / "bindings/python/quietcloud"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
