//! PLY: what goes in comes out, except for the coordinates; what is broken is refused.

mod common;

use common::{Scratch, message, moved};
use quietcloud::io;

const HEADER: &str = "comment made by \"a tool\"\nobj_info num_cols 2\nelement camera 1\nproperty list uchar int views\n\
element vertex 3\nproperty uchar red\nproperty TYPE x\nproperty TYPE y\nproperty short ring\nproperty TYPE z\n\
property double time\nelement face 2\nproperty list uchar int vertex_indices\nproperty uchar flag\nend_header\n";

/// A file with elements around the vertices, x y z apart from each other and a double on an odd byte.
fn binary(big: bool, kind: &str, put: &dyn Fn(f64) -> Vec<u8>) -> Vec<u8> {
    let order = |mut bytes: Vec<u8>| {
        if big {
            bytes.reverse();
        }
        bytes
    };
    let format = if big {
        "binary_big_endian"
    } else {
        "binary_little_endian"
    };
    let mut file = format!("ply\nformat {format} 1.0\n{}", HEADER.replace("TYPE", kind)).into_bytes();
    file.push(2);
    file.extend(
        [7i32, -8]
            .iter()
            .flat_map(|view| order(view.to_le_bytes().to_vec())),
    );
    for i in 0..3 {
        let base = f64::from(10 * i);
        file.push(200 + i as u8);
        file.extend(order(put(base + 1.0)));
        file.extend(order(put(base + 2.0)));
        file.extend(order((-(i as i16)).to_le_bytes().to_vec()));
        file.extend(order(put(base + 3.0)));
        file.extend(order((1.0e9 + base).to_le_bytes().to_vec()));
    }
    for face in [[0i32, 1, 2], [2, 1, 0]] {
        file.push(3);
        file.extend(face.iter().flat_map(|index| order(index.to_le_bytes().to_vec())));
        file.push(0xF0);
    }
    file
}

type Put = Box<dyn Fn(f64) -> Vec<u8>>;

fn kinds() -> Vec<(&'static str, Put)> {
    macro_rules! kind {
        ($name:literal, $type:ty) => {
            (
                $name,
                Box::new(|value: f64| (value as $type).to_le_bytes().to_vec()) as Put,
            )
        };
    }
    vec![
        kind!("char", i8),
        kind!("uint8", u8),
        kind!("short", i16),
        kind!("ushort", u16),
        kind!("int32", i32),
        kind!("uint", u32),
        kind!("float", f32),
        kind!("float64", f64),
    ]
}

#[test]
fn binary_keeps_every_other_byte() {
    let scratch = Scratch::new("ply_binary");
    for big in [false, true] {
        for (kind, put) in kinds() {
            let original = binary(big, kind, &put);
            let input = scratch.file("in.ply", &original);
            let cloud = io::read(&input).unwrap();
            assert_eq!(
                cloud.points(),
                [[1., 2., 3.], [11., 12., 13.], [21., 22., 23.]],
                "{kind} big {big}"
            );
            let output = scratch.path("out.ply");
            cloud.write(&output, cloud.points()).unwrap();
            assert_eq!(
                std::fs::read(&output).unwrap(),
                original,
                "{kind} big {big}: nothing moved"
            );
            let by_four = |value: f64| put(if value > 1e3 { value } else { value + 4.0 });
            cloud.write(&output, &moved(cloud.points(), 4.0)).unwrap();
            assert_eq!(
                std::fs::read(&output).unwrap(),
                binary(big, kind, &by_four),
                "{kind} big {big}: moved"
            );
        }
    }
}

#[test]
fn doubles_keep_their_precision_and_floats_what_they_hold() {
    let scratch = Scratch::new("ply_precision");
    let utm = [[437_221.123_456_789, 4_912_345.678_901_234, 1_234.000_000_1]; 3];
    for (kind, put) in kinds().into_iter().filter(|(kind, _)| kind.starts_with("float")) {
        let cloud = io::read(&scratch.file("in.ply", &binary(false, kind, &put))).unwrap();
        let output = scratch.path("out.ply");
        cloud.write(&output, &utm).unwrap();
        let again = io::read(&output).unwrap();
        match kind {
            "float" => assert_eq!(again.points()[0], utm[0].map(|value| f64::from(value as f32))),
            _ => assert_eq!(again.points(), utm),
        }
    }
}

#[test]
fn integers_round_and_saturate() {
    let scratch = Scratch::new("ply_integers");
    let cloud = io::read(&scratch.file("in.ply", &binary(false, "char", &kinds()[0].1))).unwrap();
    let output = scratch.path("out.ply");
    cloud
        .write(
            &output,
            &[[1.4, 1.6, -1.6], [500.0, -500.0, 0.0], [1.0, 2.0, 3.0]],
        )
        .unwrap();
    assert_eq!(
        io::read(&output).unwrap().points()[..2],
        [[1.0, 2.0, -2.0], [127.0, -128.0, 0.0]]
    );
}

const ASCII: &str = "ply\nformat ascii 1.0\ncomment caf\u{e9}\nelement vertex 3\nproperty float z\nproperty list uchar float w\n\
property float x\nproperty double y\nproperty uchar label\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n\
3.0  0 1.00 2e0 7\n-3.50 2 .5 6 nan 5. 08\n\t0.1 1 9 inf  4912345.678901\t9 \n3 0 1 2\n";

#[test]
fn ascii_keeps_the_spelling_of_what_does_not_change() {
    let scratch = Scratch::new("ply_ascii");
    let cloud = io::read(&scratch.file("in.ply", ASCII.as_bytes())).unwrap();
    let points = cloud.points().to_vec();
    assert_eq!(points[0], [1.0, 2.0, 3.0]);
    assert!(points[1][0].is_nan() && points[1][1..] == [5.0, -3.5]);
    // A float column holds floats, as every other reader of the file sees it; a double column keeps its digits.
    assert_eq!(points[2], [f64::INFINITY, 4_912_345.678_901, f64::from(0.1f32)]);
    let output = scratch.path("out.ply");
    cloud.write(&output, &points).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), ASCII);
    let mut changed = points.clone();
    changed[0] = [0.1 + 0.2, 0.1 + 0.2, 3.0];
    changed[1][2] = -3.25;
    changed[2][1] = 4_912_345.678_902;
    cloud.write(&output, &changed).unwrap();
    let expected = ASCII
        .replace("1.00 2e0 7", "0.3 0.30000000000000004 7")
        .replace("-3.50 2", "-3.25 2")
        .replace("4912345.678901", "4912345.678902");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), expected);
}

#[test]
fn a_float_text_that_says_more_than_a_float_stays_precise() {
    let scratch = Scratch::new("ply_wide");
    let text = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n\
4912345.678 1 0.1\n";
    let cloud = io::read(&scratch.file("in.ply", text.as_bytes())).unwrap();
    let output = scratch.path("out.ply");
    cloud.write(&output, &[[4_912_345.123, 1.0 / 3.0, 0.1]]).unwrap();
    assert!(
        std::fs::read_to_string(&output)
            .unwrap()
            .ends_with("\n4912345.123 0.33333334 0.1\n")
    );
}

#[test]
fn foreign_line_ends_names_and_bytes_are_tolerated() {
    let scratch = Scratch::new("ply_lines");
    let mut file = b"ply\r\nformat binary_little_endian 1.0\r\ncomment caf\xe9\r\nelement vertex 1\r\nproperty float x\r\n\
property float y\r\nproperty float z\r\nproperty uchar scalar_C2M#(m)\r\nproperty uchar same\r\nproperty uchar same\r\nend_header\r\n"
        .to_vec();
    file.extend([1.0f32, 2.0, 3.0].iter().flat_map(|value| value.to_le_bytes()));
    file.extend([b'\n', b'\r', 0xFF]);
    let cloud = io::read(&scratch.file("in.ply", &file)).unwrap();
    assert_eq!(cloud.points(), [[1.0, 2.0, 3.0]]);
    let output = scratch.path("out.ply");
    cloud.write(&output, cloud.points()).unwrap();
    assert_eq!(std::fs::read(&output).unwrap(), file);
    let crlf = ASCII.replace('\n', "\r\n");
    let cloud = io::read(&scratch.file("in.ply", crlf.as_bytes())).unwrap();
    cloud.write(&output, cloud.points()).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), crlf);
    let old_mac = "ply\rformat ascii 1.0\relement vertex 1\rproperty float x\rproperty float y\rproperty float z\rend_header\r1 2 3\r";
    assert_eq!(
        io::read(&scratch.file("in.ply", old_mac.as_bytes()))
            .unwrap()
            .points(),
        [[1.0, 2.0, 3.0]]
    );
}

#[test]
fn no_vertices_are_a_cloud_too() {
    let scratch = Scratch::new("ply_none");
    let text = "ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nproperty float y\nproperty float z\nend_header\n";
    let cloud = io::read(&scratch.file("in.ply", text.as_bytes())).unwrap();
    assert!(cloud.is_empty());
    cloud.write(&scratch.path("out.ply"), &[]).unwrap();
}

fn refused(scratch: &Scratch, file: &[u8]) -> String {
    message(io::read(&scratch.file("bad.ply", file)))
}

#[test]
fn broken_files_are_refused() {
    let scratch = Scratch::new("ply_broken");
    let xyz = "property float x\nproperty float y\nproperty float z\nend_header\n";
    let ascii = |lines: &str| format!("ply\nformat ascii 1.0\n{lines}").into_bytes();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "empty"),
        (b"hello world, this is no ply".to_vec(), "expected the line 'ply'"),
        (b"plywood\n".to_vec(), "expected the line 'ply'"),
        (b"ply\n".to_vec(), "no line 'end_header'"),
        (
            [b"ply".to_vec(), vec![b'\n'; 200_000]].concat(),
            "among the first 100000 lines",
        ),
        (b"ply\xff\xfe".to_vec(), "expected the line 'ply'"),
        (
            b"ply\nelement vertex 1\xff\nend_header\n".to_vec(),
            "line 2 of the header",
        ),
        (b"ply\nelement vertex 1\nend_header\n".to_vec(), "format"),
        (
            ascii(&format!("element vertex -3\n{xyz}")),
            "line 3 of the header is 'element vertex -3'",
        ),
        (
            ascii(&format!("element vertex 99999999999999999999\n{xyz}")),
            "line 3",
        ),
        (
            ascii(&format!("element vertex 1000000000000000000\n{xyz}1 2 3\n")),
            "1000000000000000000 records",
        ),
        (
            ascii("element vertex 1000000000000000000\nend_header\n"),
            "no number named x",
        ),
        (ascii(&format!("element vertex 2\n{xyz}1 2 3\n4 5")), "promise"),
        (
            ascii(&format!("element vertex 2\n{xyz}1 2 3 444444\n5 ")),
            "record 1 of 'vertex'",
        ),
        (
            ascii(&format!("element vertex 1\n{xyz}1 zwei 3\n")),
            "y of point 0 is 'zwei'",
        ),
        (
            ascii("element vertex 1\nproperty float x\nproperty float y\nend_header\n1 2\n"),
            "no number named z",
        ),
        (
            ascii("element face 0\nproperty float x\nend_header\n"),
            "expected one named vertex",
        ),
        (
            ascii("element vertex 1\nproperty quad x\nend_header\n1\n"),
            "line 4 of the header is 'property quad x'",
        ),
        (ascii("property float x\nend_header\n"), "line 3"),
        (
            ascii(
                "element vertex 1\nproperty list uchar float x\nproperty float y\nproperty float z\nend_header\n1 1 2 3\n",
            ),
            "x is a list",
        ),
        (
            ascii(&format!(
                "element vertex 1\nproperty list float int l\n{xyz}1 1 1 2 3\n"
            )),
            "float as its count",
        ),
        (
            ascii(&format!(
                "element vertex 1\nproperty list int int l\n{xyz}-1 1 2 3\n"
            )),
            "count of the list",
        ),
        (
            ascii(&format!(
                "element vertex 1\nproperty list int int l\n{xyz}999999999999 1 2 3\n"
            )),
            "record 0",
        ),
        (
            ascii(&format!(
                "format binary_big_endian 1.0\nelement vertex 1\n{xyz}1 2 3\n"
            )),
            "line 3",
        ),
    ];
    for (file, expected) in cases {
        let reason = refused(&scratch, &file);
        assert!(reason.contains(expected), "{reason:?} lacks {expected:?}");
        assert!(!reason.contains('\n'), "{reason:?} is one line");
    }
}

#[test]
fn truncated_files_are_refused_wherever_they_end() {
    let scratch = Scratch::new("ply_truncated");
    let whole = binary(true, "float", &kinds()[6].1);
    let payload = whole
        .windows(11)
        .position(|window| window == b"end_header\n")
        .unwrap()
        + 11;
    for end in (0..payload).step_by(7).chain(payload..whole.len()) {
        assert!(!refused(&scratch, &whole[..end]).is_empty(), "cut at {end}");
    }
    let mut lying = whole.clone();
    lying[payload] = 255; // the camera's list claims 255 views
    assert!(refused(&scratch, &lying).contains("camera"));
}

#[test]
fn damaged_bytes_never_panic() {
    let scratch = Scratch::new("ply_damaged");
    let mut seed = 7u32;
    for original in [binary(false, "double", &kinds()[7].1), ASCII.as_bytes().to_vec()] {
        for _ in 0..400 {
            let mut file = original.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = seed as usize / 3 % file.len();
                file[at] = (seed >> 24) as u8;
            }
            let _ = io::read(&scratch.file("damaged.ply", &file)); // either outcome is fine, a panic is not
        }
    }
}
