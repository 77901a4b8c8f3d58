//! The model that is compiled into the library.

use std::borrow::Cow;

const FILES: [(&str, &[u8]); 5] = [
    ("bundle.json", include_bytes!("../../models/default/bundle.json")),
    ("score.onnx", include_bytes!("../../models/default/score.onnx")),
    (
        "score_high.onnx",
        include_bytes!("../../models/default/score_high.onnx"),
    ),
    ("noise.onnx", include_bytes!("../../models/default/noise.onnx")),
    ("golden.npz", include_bytes!("../../models/default/golden.npz")),
];

/// A file of the built-in model.
pub(super) fn file(name: &str) -> Option<Cow<'static, [u8]>> {
    FILES
        .iter()
        .find(|file| file.0 == name)
        .map(|file| Cow::Borrowed(file.1))
}
