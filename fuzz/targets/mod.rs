//! What is fuzzed: one function of any bytes for each door through which a stranger's bytes come in.
//!
//! `fuzz/fuzz_targets` hands them to libFuzzer (nightly, `cargo fuzz`), `tests/fuzz.rs` to a driver of its own that runs
//! on stable. A target returns, or it found a bug: a panic, a wrong answer, memory out of proportion.

pub mod bundle;
pub mod bytes;
pub mod capi;
pub mod ledger;
pub mod points;

/// A door.
pub struct Target {
    /// Also the name of its corpus.
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// What the stable driver writes into inputs: words of the format.
    pub words: &'static [&'static str],
}

/// Every target.
pub const ALL: &[Target] = &[
    Target {
        name: "ply",
        run: points::ply,
        words: &[
            "element vertex 4294967295\n",
            "element face 1\n",
            "property list uchar int vertex_indices\n",
            "property double x\n",
            "property float y\n",
            "property uchar z\n",
            "property list int double n\n",
            "format ascii 1.0\n",
            "format binary_big_endian 1.0\n",
            "end_header\n",
            "comment \n",
            "nan ",
            "-1 ",
        ],
    },
    Target {
        name: "pcd",
        run: points::pcd,
        words: &[
            "FIELDS x y z rgb\n",
            "FIELDS x y z _ _\n",
            "SIZE 4 4 4 4\n",
            "SIZE 8 8 8 1\n",
            "TYPE F F F U\n",
            "COUNT 1 1 1 18446744073709551615\n",
            "WIDTH 4294967296\n",
            "HEIGHT 4294967296\n",
            "POINTS 0\n",
            "DATA ascii\n",
            "DATA binary\n",
            "DATA binary_compressed\n",
            "nan ",
        ],
    },
    Target {
        name: "xyz",
        run: points::xyz,
        words: &[
            "18446744073709551615\n",
            "# x y z i\n",
            "//",
            "%",
            "nan ",
            "1.#QNAN ",
            "-1e308 ",
            ",",
            ";",
            "\u{feff}",
        ],
    },
    Target {
        name: "las",
        run: points::las,
        words: &[
            "LASF",
            "LASF_Projection",
            "laszip encoded",
            "\u{7f}\u{7f}\u{7f}\u{7f}",
            "\0\0\0\0\0\0\0\0",
        ],
    },
    Target {
        name: "mesh",
        run: points::mesh,
        words: &[
            "OFF\n",
            "f 1 2 3\n",
            "f -1 -2 -3\n",
            "v 1e300 0 0\n",
            "4 0 1 2 3\n",
            "18446744073709551615 ",
        ],
    },
    Target {
        name: "manifest",
        run: bundle::manifest,
        words: &[
            "\"format\":1",
            "\"method\":\"lion\"",
            "\"stages\":[]",
            "1e308",
            "-1",
            "18446744073709551615",
            "null",
            "\"../../etc/passwd\"",
            "{\"kind\":\"beta\",\"length\":1000000000000}",
            "[[[[[[[[",
        ],
    },
    Target {
        name: "bundle",
        run: bundle::archive,
        words: &[
            "PK\u{1}\u{2}",
            "PK\u{3}\u{4}",
            "PK\u{5}\u{6}",
            "bundle.json",
            "../",
            "golden.npz",
        ],
    },
    Target {
        name: "network",
        run: bundle::network,
        words: &[
            "Loop",
            "Scan",
            "If",
            "ConstantOfShape",
            "Expand",
            "Tile",
            "Range",
            "location",
            "../../../etc/passwd",
            "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{1}",
        ],
    },
    Target {
        name: "capi",
        run: capi::calls,
        words: &[],
    },
];
