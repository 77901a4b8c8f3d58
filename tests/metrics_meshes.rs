//! Meshes from files: every format alike, and broken ones refused.

mod common;

use common::{Scratch, close, message};
use quietcloud::Error;
use quietcloud::metrics::{Mesh, P2m, p2m};

#[test]
fn meshes_are_read_alike_from_every_format() {
    let scratch = Scratch::new("metrics_meshes");
    let ply_head = "element vertex 5\nproperty double x\nproperty double y\nproperty double z\nelement face 2\n\
        property uchar flag\nproperty list uchar int vertex_indices\nproperty list uchar float t\nend_header\n";
    let mut binary = format!("ply\nformat binary_big_endian 1.0\n{ply_head}").into_bytes();
    for vertex in [
        [0., 0., 0.],
        [1., 0., 0.],
        [1., 1., 0.],
        [0., 1., 0.],
        [0.5, 0.5, 1.0f64],
    ] {
        vertex.iter().for_each(|value| binary.extend(value.to_be_bytes()));
    }
    for face in [&[0, 1, 2, 3][..], &[0, 1, 4]] {
        binary.extend([9, face.len() as u8]);
        face.iter()
            .for_each(|index: &i32| binary.extend(index.to_be_bytes()));
        binary.extend([1, 0, 0, 0, 0]);
    }
    let points = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n.5 .5 1\n";
    let strips = "element vertex 5\nproperty float x\nproperty float y\nproperty float z\nelement tristrips 1\n\
        property list int int vertex_indices\nend_header\n";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (
            "a.off",
            format!("OFF\n5 2 0\n{points}4 0 1 2 3\n3 0 1 4\n").into_bytes(),
        ),
        (
            "b.off",
            format!("# made\nOFF 5 2 0 # counts\r\n{points}\n4 0 1 2 3 255 0 0\n3 0 1 4").into_bytes(),
        ),
        (
            "c.off",
            format!(
                "COFF\n5 2 7\n{}4 0 1 2 3\n3 0 1 4\n",
                points.replace('\n', " 255 0 0 1\n")
            )
            .into_bytes(),
        ),
        (
            "d.obj",
            format!(
                "# caf\u{e9}\nv {}vt 0 0\nf 1/1 2/1 3/1 4/1\nf 1//2 2//2 \\\n 5//2\n",
                points.replace("\n", "\nv ").trim_end_matches("v ")
            )
            .into_bytes(),
        ),
        (
            "e.obj",
            format!(
                "v {}f -5 -4 -3 -2\ng x\nf 1/1/1 2 -1\n",
                points.replace("\n", "\nv ").trim_end_matches("v ")
            )
            .into_bytes(),
        ),
        (
            "f.ply",
            format!("ply\nformat ascii 1.0\n{ply_head}{points}9 4 0 1 2 3 1 0.5\n9 3 0 1 4 0\n").into_bytes(),
        ),
        ("g.ply", binary),
        (
            "h.ply",
            format!("ply\nformat ascii 1.0\n{strips}{points}8 1 2 0 3 -1 0 1 4\n").into_bytes(),
        ),
    ];
    let cloud = [[0.3, 0.2, 0.6], [0.9, 0.5, -0.2]];
    let mut figures = Vec::new();
    for (name, bytes) in cases {
        let mesh = Mesh::read(&scratch.file(name, &bytes)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((mesh.vertices().len(), mesh.faces().len()), (5, 3), "{name}");
        figures.push(p2m(&cloud, &mesh, P2m::Exact).unwrap());
    }
    figures
        .iter()
        .for_each(|&figure| close(figure, figures[0], 1e-12));
}

#[test]
fn broken_meshes_are_refused() {
    let scratch = Scratch::new("metrics_broken");
    let ply =
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n";
    let face = "element face 1\nproperty list uchar int vertex_indices\nend_header\n";
    let cases: Vec<(&str, String, &str)> = vec![
        ("a.off", String::new(), "expected OFF"),
        ("a.off", "hello\n".into(), "expected OFF"),
        ("a.off", "OFF\n".into(), "numbers of vertices and faces"),
        ("a.off", "OFF\n1000000000000 1 0\n0 0 0\n".into(), "can't stand"),
        ("a.off", "OFF\n3 1 0\n0 0 0\n1 0\n".into(), "vertex 1"),
        ("a.off", "OFF\n2 1 0\n0 0 0\n1 0 0\n".into(), "after 0 of 1 faces"),
        (
            "a.off",
            "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1\n".into(),
            "face 0",
        ),
        (
            "a.off",
            "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n".into(),
            "not among the 3",
        ),
        (
            "a.off",
            "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 nan\n3 0 1 2\n".into(),
            "vertex 2",
        ),
        ("a.off", "OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n".into(), "no face"),
        ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1\n".into(), "line 3"),
        ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\n".into(), "line 4"),
        (
            "a.obj",
            "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n".into(),
            "not among the 3",
        ),
        ("a.obj", "v 0 0 0\nf -2 1 1\n".into(), "line 2"),
        (
            "a.ply",
            format!("{ply}end_header\n0 0 0 1 0 0 0 1 0\n"),
            "no face",
        ),
        (
            "a.ply",
            format!("{ply}{face}0 0 0 1 0 0 0 1 0\n3 0 1 -1\n"),
            "vertex -1",
        ),
        (
            "a.ply",
            format!("{ply}{face}0 0 0 1 0 0 0 1 0\n3 0 1 1.5\n"),
            "whole number",
        ),
        (
            "a.ply",
            format!("{ply}{face}0 0 0 1 0 0 0 1 0\n3 0 1 3\n"),
            "not among the 3",
        ),
        (
            "a.ply",
            format!("{ply}{face}0 0 0 1 0 0 0 1 0\n250 0 1 2\n"),
            "inside of record 0",
        ),
        ("a.stl", "solid\n".into(), "expected .off, .obj or .ply"),
    ];
    for (name, text, expected) in cases {
        let reason = message(Mesh::read(&scratch.file(name, text.as_bytes())));
        assert!(
            reason.contains(expected) && !reason.contains('\n'),
            "{reason:?} lacks {expected:?}"
        );
    }
    assert!(matches!(
        Mesh::read(&scratch.path("none.off")),
        Err(Error::Io { .. })
    ));
}
