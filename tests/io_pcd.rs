//! PCD: what goes in comes out, except for the coordinates; what is broken is refused.

mod common;

use common::{Scratch, message, moved};
use quietcloud::io;

/// Six organised points: padding, a float, a field of three values, doubles among floats, one NaN point.
fn header(data: &str) -> String {
    format!(
        "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS _ x rgb y descriptor _ z ring t\n\
         SIZE 1 4 4 4 2 1 4 2 8\nTYPE U F F F I U F U F\nCOUNT 3 1 1 1 3 2 1 1 1\nWIDTH 3\nHEIGHT 2\n\
         VIEWPOINT 0.5 0 0 0 1 0 0\nPOINTS 6\nDATA {data}\n"
    )
}

fn xyz(i: usize, by: f32) -> [f32; 3] {
    let base = 10.0 * i as f32;
    if i == 4 {
        [f32::NAN; 3]
    } else {
        [base + 1.0 + by, base + 2.0 + by, base + 3.0 + by]
    }
}

/// The nine columns of point `i` as bytes.
fn columns(i: usize, by: f32) -> [Vec<u8>; 9] {
    let [x, y, z] = xyz(i, by);
    let n = i as u8;
    [
        vec![0xEE, n, 0xEE],
        x.to_le_bytes().to_vec(),
        vec![n, 128, 255, 255], // a NaN as a float: opaque red-ish with alpha 255
        y.to_le_bytes().to_vec(),
        [-1i16, i as i16, 1]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        vec![0xDD, 0xDD],
        z.to_le_bytes().to_vec(),
        (60_000 + i as u16).to_le_bytes().to_vec(),
        (1.0e9 + i as f64 / 1e6).to_le_bytes().to_vec(),
    ]
}

fn binary(by: f32) -> Vec<u8> {
    let mut file = header("binary").into_bytes();
    (0..6).for_each(|i| file.extend(columns(i, by).concat()));
    file.extend(b"a tail");
    file
}

/// The points column by column, as they stand inside of a compressed file.
fn by_columns(by: f32) -> Vec<u8> {
    (0..9)
        .flat_map(|column| (0..6).flat_map(move |i| columns(i, by)[column].clone()))
        .collect()
}

/// LZF without any back reference.
fn stored(data: &[u8]) -> Vec<u8> {
    data.chunks(32)
        .flat_map(|run| [&[run.len() as u8 - 1], run].concat())
        .collect()
}

fn compressed(by: f32) -> Vec<u8> {
    let (data, packed) = (by_columns(by), stored(&by_columns(by)));
    let sizes = [packed.len() as u32, data.len() as u32]
        .map(u32::to_le_bytes)
        .concat();
    [header("binary_compressed").as_bytes(), &sizes, &packed, b"tail"].concat()
}

/// Unpacks what the library wrote, independently of it.
fn unpack(packed: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < packed.len() {
        let control = packed[at] as usize;
        at += 1;
        if control < 32 {
            out.extend_from_slice(&packed[at..=at + control]);
            at += control + 1;
            continue;
        }
        let mut length = control >> 5;
        if length == 7 {
            length += packed[at] as usize;
            at += 1;
        }
        let back = ((control & 31) << 8 | packed[at] as usize) + 1;
        at += 1;
        (0..length + 2).for_each(|_| out.push(out[out.len() - back]));
    }
    out
}

fn expect_points(points: &[[f64; 3]], by: f32) {
    for (i, point) in points.iter().enumerate() {
        let expected = xyz(i, by).map(f64::from);
        assert!(
            *point == expected || (point[0].is_nan() && expected[0].is_nan()),
            "{i}: {point:?}"
        );
    }
    assert_eq!(points.len(), 6);
}

#[test]
fn binary_keeps_every_other_byte() {
    let scratch = Scratch::new("pcd_binary");
    let cloud = io::read(&scratch.file("in.pcd", &binary(0.0))).unwrap();
    expect_points(cloud.points(), 0.0);
    let output = scratch.path("out.PCD");
    cloud.write(&output, cloud.points()).unwrap();
    assert_eq!(std::fs::read(&output).unwrap(), binary(0.0));
    cloud.write(&output, &moved(cloud.points(), 0.5)).unwrap();
    assert_eq!(std::fs::read(&output).unwrap(), binary(0.5));
}

#[test]
fn compressed_keeps_every_other_byte() {
    let scratch = Scratch::new("pcd_compressed");
    let cloud = io::read(&scratch.file("in.pcd", &compressed(0.0))).unwrap();
    expect_points(cloud.points(), 0.0);
    let output = scratch.path("out.pcd");
    for by in [0.0, 0.5] {
        cloud.write(&output, &moved(cloud.points(), by.into())).unwrap();
        expect_points(io::read(&output).unwrap().points(), by);
        let file = std::fs::read(&output).unwrap();
        let start = header("binary_compressed").len();
        assert_eq!(&file[..start], header("binary_compressed").as_bytes());
        let size = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(size(start + 4), by_columns(0.0).len());
        let (packed, tail) = file[start + 8..].split_at(size(start));
        assert_eq!(unpack(packed), by_columns(by));
        assert_eq!(tail, b"tail");
        assert!(
            packed.len() < stored(&by_columns(0.0)).len(),
            "repeated bytes get packed"
        );
    }
}

const ASCII: &str = "# .PCD v.5 - Point Cloud Data file format\r\nVERSION .5\r\nFIELDS x y z label big\r\nSIZE 4 8 4 4 8\r\n\
TYPE F F F U I\r\nCOUNT 1 1 1 2 1\r\nWIDTH 3\r\nHEIGHT 1\r\nPOINTS 3\r\nDATA ascii\r\n\
1.50 4912345.678901234 3 7 007 -9007199254740993\r\nnan nan nan 1 2 3\r\n\r\n -0.25\t5 6 1 2 3\r\n# done\r\n";

#[test]
fn ascii_keeps_the_spelling_of_what_does_not_change() {
    let scratch = Scratch::new("pcd_ascii");
    let cloud = io::read(&scratch.file("in.pcd", ASCII.as_bytes())).unwrap();
    assert_eq!(cloud.points()[0], [1.5, 4_912_345.678_901_234, 3.0]);
    assert!(cloud.points()[1].iter().all(|value| value.is_nan()));
    let output = scratch.path("out.pcd");
    cloud.write(&output, cloud.points()).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), ASCII);
    let mut points = cloud.points().to_vec();
    points[0] = [0.1 + 0.2, 0.1 + 0.2, 3.0];
    points[2][2] = 1e-20;
    cloud.write(&output, &points).unwrap();
    let expected = ASCII
        .replace("1.50 4912345.678901234 3", "0.3 0.30000000000000004 3")
        .replace("-0.25\t5 6 1", "-0.25\t5 1e-20 1");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), expected);
}

#[test]
fn conversions_carry_scalars_colours_and_normals() {
    let scratch = Scratch::new("pcd_convert");
    let pcd = io::read(&scratch.file("in.pcd", &binary(0.0))).unwrap();
    let (ply, back, text) = (
        scratch.path("a.ply"),
        scratch.path("b.pcd"),
        scratch.path("c.xyz"),
    );
    pcd.write(&ply, pcd.points()).unwrap();
    let bytes = std::fs::read(&ply).unwrap();
    let header = "ply\nformat binary_little_endian 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n\
        property uchar red\nproperty uchar green\nproperty uchar blue\nproperty short descriptor_0\nproperty short descriptor_1\n\
        property short descriptor_2\nproperty ushort ring\nproperty double t\nend_header\n";
    assert!(
        bytes.starts_with(header.as_bytes()),
        "{}",
        String::from_utf8_lossy(&bytes[..400])
    );
    let row = &bytes[header.len() + 31..header.len() + 62];
    assert_eq!(row[..4], 11.0f32.to_le_bytes());
    assert_eq!(row[12..15], [255, 128, 1]);
    assert_eq!(row[21..23], 60_001u16.to_le_bytes());
    let from_ply = io::read(&ply).unwrap();
    expect_points(from_ply.points(), 0.0);
    from_ply.write(&back, from_ply.points()).unwrap();
    let bytes = std::fs::read(&back).unwrap();
    let expected = "FIELDS x y z rgb descriptor_0 descriptor_1 descriptor_2 ring t\nSIZE 4 4 4 4 2 2 2 2 8\nTYPE F F F U I I I U F\n";
    assert!(String::from_utf8_lossy(&bytes[..300]).contains(expected));
    assert_eq!(bytes[bytes.len() - 8..], (1.0e9f64 + 5.0 / 1e6).to_le_bytes());
    expect_points(io::read(&back).unwrap().points(), 0.0);
    pcd.write(&text, pcd.points()).unwrap();
    let text = std::fs::read_to_string(&text).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("# x y z red green blue descriptor_0 descriptor_1 descriptor_2 ring t")
    );
    assert_eq!(lines.next(), Some("1 2 3 255 128 0 -1 0 1 60000 1000000000"));
    assert_eq!(text.lines().count(), 7);
}

#[test]
fn another_format_keeps_centimetres_of_a_utm_grid() {
    let scratch = Scratch::new("pcd_utm");
    let mut file = b"FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 2\nHEIGHT 1\nDATA binary\n".to_vec();
    file.extend(
        [513_119.5f32, 5_403_189.5, 188.25, 513_630.0, 5_403_763.0, 356.0]
            .iter()
            .flat_map(|v| v.to_le_bytes()),
    );
    let cloud = io::read(&scratch.file("in.pcd", &file)).unwrap();
    let moved = moved(cloud.points(), 0.01);
    for name in ["out.ply", "out.xyz"] {
        let output = scratch.path(name);
        cloud.write(&output, &moved).unwrap();
        assert_eq!(io::read(&output).unwrap().points(), moved, "{name}");
    }
}

#[test]
fn wide_integers_and_normals_find_their_names_in_ply() {
    let scratch = Scratch::new("pcd_names");
    let text = "FIELDS x y z normal_x normal_y normal_z stamp rgba\nSIZE 8 8 8 4 4 4 8 4\nTYPE F F F F F F U U\n\
                WIDTH 1\nHEIGHT 1\nDATA ascii\n1.1 2.2 3.3 0 0 1 1700000000123456 4286611584\n";
    let cloud = io::read(&scratch.file("in.pcd", text.as_bytes())).unwrap();
    let output = scratch.path("out.ply");
    cloud.write(&output, &[[1.1, 2.2, 1.0 / 3.0]]).unwrap();
    let expected = "ply\nformat ascii 1.0\nelement vertex 1\nproperty double x\nproperty double y\nproperty double z\n\
        property float nx\nproperty float ny\nproperty float nz\nproperty double stamp\nproperty uchar red\nproperty uchar green\n\
        property uchar blue\nproperty uchar alpha\nend_header\n1.1 2.2 0.3333333333333333 0 0 1 1700000000123456 128 128 128 255\n";
    assert_eq!(std::fs::read_to_string(&output).unwrap(), expected);
    let back = scratch.path("back.pcd");
    let ply = io::read(&output).unwrap();
    ply.write(&back, ply.points()).unwrap();
    let back = std::fs::read_to_string(&back).unwrap();
    assert!(
        back.contains("FIELDS x y z normal_x normal_y normal_z stamp rgba\n"),
        "{back}"
    );
    assert!(back.ends_with("0 0 1 1700000000123456 4286611584\n"), "{back}");
}

fn refused(scratch: &Scratch, file: &[u8]) -> String {
    message(io::read(&scratch.file("bad.pcd", file)))
}

#[test]
fn broken_headers_are_refused() {
    let scratch = Scratch::new("pcd_broken");
    let good = "FIELDS x y z i\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA ascii\n1 2 3 4\n5 6 7 8\n";
    assert_eq!(
        io::read(&scratch.file("good.pcd", good.as_bytes()))
            .unwrap()
            .len(),
        2
    );
    let with = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replace(from, to).into_bytes()
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "empty"),
        (b"hello world\n".to_vec(), "starts with 'hello world'"),
        (
            b"ply\nformat ascii 1.0\n".to_vec(),
            "expected the header of a PCD file",
        ),
        (b"\xff\xfe\x00".to_vec(), "expected an entry of PCD"),
        (b"# .PCD v0.7".to_vec(), "no DATA line"),
        (
            with("DATA ascii", "DATA zip"),
            "expected ascii, binary or binary_compressed",
        ),
        (with("SIZE 4 4 4 4", "SIZE 4 4 4"), "SIZE has 3 entries"),
        (with("TYPE F F F F", "TYPE F F F F F"), "TYPE has 5 entries"),
        (with("COUNT 1 1 1 1", "COUNT 1"), "COUNT has 1 entries"),
        (with("COUNT 1 1 1 1", "COUNT 1 1 1 0"), "COUNT 0"),
        (with("COUNT 1 1 1 1", "COUNT 1 1 1 -2"), "COUNT -2"),
        (with("COUNT 1 1 1 1", "COUNT 2 1 1 1"), "x has COUNT 2"),
        (
            with("COUNT 1 1 1 1", "COUNT 1 1 1 18446744073709551615"),
            "address",
        ),
        (with("SIZE 4 4 4 4", "SIZE 4 4 4 3"), "SIZE 3"),
        (with("TYPE F F F F", "TYPE F F F X"), "TYPE X"),
        (with("SIZE 4 4 4 4", "SIZE 2 4 4 4"), "TYPE F and SIZE 2"),
        (with("FIELDS x y z i", "FIELDS x y i j"), "no z"),
        (with("FIELDS x y z i\n", ""), "no FIELDS"),
        (with("POINTS 2", "POINTS 3"), "not POINTS 3"),
        (with("POINTS 2", "POINTS -2"), "POINTS is '-2'"),
        (
            with("WIDTH 2\nHEIGHT 1\nPOINTS 2\n", ""),
            "neither POINTS nor WIDTH",
        ),
        (
            with(
                "WIDTH 2\nHEIGHT 1\nPOINTS 2\n",
                "WIDTH 9999999999\nHEIGHT 9999999999\n",
            ),
            "WIDTH",
        ),
        (
            with("WIDTH 2\nHEIGHT 1\nPOINTS 2\n", "POINTS 1000000000000000000\n"),
            "1000000000000000000 points",
        ),
        (with("WIDTH 2\nHEIGHT 1\nPOINTS 2\n", "POINTS 3\n"), "3 points"),
        (with("5 6 7 8\n", "5 6 7       \n"), "3 values, expected 4"),
        (with("5 6 7 8\n", "             \n"), "after 1 of 2 points"),
        (with("5 6 7 8\n", "5 six 7 8\n"), "y of point 1 is 'six'"),
        (with("DATA ascii", "DATA binary"), "2 points of 16 bytes"),
        (with("WIDTH 2", "COLOUR 2"), "COLOUR 2"),
    ];
    for (file, expected) in cases {
        let reason = refused(&scratch, &file);
        assert!(
            reason.contains(expected) && !reason.contains('\n'),
            "{reason:?} lacks {expected:?}"
        );
    }
}

#[test]
fn lying_sizes_are_refused() {
    let scratch = Scratch::new("pcd_lying");
    let good = compressed(0.0);
    let start = header("binary_compressed").len();
    let with = |at: usize, size: u32| {
        let mut file = good.clone();
        file[start + at..start + at + 4].copy_from_slice(&size.to_le_bytes());
        refused(&scratch, &file)
    };
    assert!(with(0, u32::MAX).contains("compressed block is 4294967295 bytes"));
    assert!(with(0, 5).contains("LZF"));
    assert!(with(4, u32::MAX).contains("4294967295 bytes in all"));
    assert!(refused(&scratch, &good[..start + 5]).contains("two sizes"));
    let huge = String::from_utf8_lossy(&good[..start])
        .replace("WIDTH 3", "WIDTH 50000000")
        .replace("POINTS 6", "POINTS 100000000");
    let sizes = [12u32, 3_700_000_000].map(u32::to_le_bytes).concat();
    assert!(refused(&scratch, &[huge.as_bytes(), &sizes, &[0; 12]].concat()).contains("can't unpack"));
    for cut in 0..6 * 37 {
        let reason = refused(&scratch, &binary(0.0)[..header("binary").len() + cut]);
        assert!(reason.contains("6 points of 37 bytes"), "{reason}");
    }
}

#[test]
fn zero_points_are_a_cloud_too() {
    let scratch = Scratch::new("pcd_none");
    for (data, payload) in [
        ("ascii", &[][..]),
        ("binary", &[]),
        ("binary_compressed", &[0; 8]),
    ] {
        let head = header(data)
            .replace("WIDTH 3\nHEIGHT 2", "WIDTH 0\nHEIGHT 1")
            .replace("POINTS 6", "POINTS 0");
        let head = head.replace("COUNT 3", "COUNT 999999999999");
        let file = [head.as_bytes(), payload].concat();
        let cloud = io::read(&scratch.file("in.pcd", &file)).unwrap();
        assert!(cloud.is_empty());
        let output = scratch.path("out.pcd");
        cloud.write(&output, &[]).unwrap();
        assert_eq!(std::fs::read(&output).unwrap(), file);
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let scratch = Scratch::new("pcd_damaged");
    let mut seed = 11u32;
    for original in [binary(0.0), compressed(0.0), ASCII.as_bytes().to_vec()] {
        for _ in 0..400 {
            let mut file = original.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = seed as usize / 3 % file.len();
                file[at] = (seed >> 24) as u8;
            }
            let _ = io::read(&scratch.file("damaged.pcd", &file)); // either outcome is fine, a panic is not
        }
    }
}
