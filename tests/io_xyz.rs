//! XYZ and what all formats share: names of formats, whole files, numbers of points.

mod common;

use common::{Scratch, message, moved};
use quietcloud::{Error, io};

const TEXT: &str = "//X Y Z Red Label Intensity Class\n# a second comment\n1.0 2.00, 3;255 -7 0.50 tree\n\n\
 4912345.678901 5 6 0 1000 1e-3 caf\u{e9}  extra\r\nnan nan -inf 7 8 9 rock\n% the end";

#[test]
fn everything_but_the_coordinates_is_kept() {
    let scratch = Scratch::new("xyz_kept");
    for name in ["in.xyz", "in.txt", "in.ASC"] {
        let cloud = io::read(&scratch.file(name, TEXT.as_bytes())).unwrap();
        assert_eq!(cloud.len(), 3);
        assert_eq!(
            cloud.points()[..2],
            [[1.0, 2.0, 3.0], [4_912_345.678_901, 5.0, 6.0]]
        );
        assert!(cloud.points()[2][0].is_nan() && cloud.points()[2][2] == f64::NEG_INFINITY);
        let output = scratch.path("out.xyz");
        cloud.write(&output, cloud.points()).unwrap();
        assert_eq!(std::fs::read_to_string(&output).unwrap(), TEXT);
        let mut points = cloud.points().to_vec();
        points[0] = [1.0, 0.1 + 0.2, -1e-7];
        points[1][0] = 4_912_345.678_902;
        cloud.write(&output, &points).unwrap();
        let expected = TEXT
            .replace("2.00, 3;", "0.30000000000000004, -1e-7;")
            .replace("678901", "678902");
        assert_eq!(std::fs::read_to_string(&output).unwrap(), expected);
    }
}

#[test]
fn columns_with_numbers_reach_other_formats() {
    let scratch = Scratch::new("xyz_convert");
    let cloud = io::read(&scratch.file("in.xyz", TEXT.as_bytes())).unwrap();
    let (ply, pcd) = (scratch.path("out.ply"), scratch.path("out.pcd"));
    cloud.write(&ply, cloud.points()).unwrap();
    let text = std::fs::read_to_string(&ply).unwrap();
    let expected = "ply\nformat ascii 1.0\nelement vertex 3\nproperty double x\nproperty double y\nproperty double z\n\
        property uchar red\nproperty int label\nproperty double intensity\nend_header\n1 2 3 255 -7 0.5\n\
        4912345.678901 5 6 0 1000 0.001\nnan nan -inf 7 8 9\n";
    assert_eq!(text, expected);
    cloud.write(&pcd, cloud.points()).unwrap();
    let text = std::fs::read_to_string(&pcd).unwrap();
    assert!(
        text.contains("FIELDS x y z red label intensity\nSIZE 8 8 8 1 4 8\nTYPE F F F U I F\n"),
        "{text}"
    );
    for path in [ply, pcd] {
        assert_eq!(io::read(&path).unwrap().points()[..2], cloud.points()[..2]);
    }
}

#[test]
fn headings_and_counts_are_no_points() {
    let scratch = Scratch::new("xyz_heading");
    for text in ["x,y,z\n1,2,3\n", "1\n1 2 3\n", "X Y Z\n1 2 3", "\u{feff}1 2 3\n"] {
        let cloud = io::read(&scratch.file("in.txt", text.as_bytes())).unwrap();
        assert_eq!(cloud.points(), [[1.0, 2.0, 3.0]]);
        let output = scratch.path("out.txt");
        cloud.write(&output, &[[1.0, 2.0, 4.0]]).unwrap();
        assert_eq!(std::fs::read_to_string(&output).unwrap(), text.replace('3', "4"));
    }
}

#[test]
fn broken_files_are_refused() {
    let scratch = Scratch::new("xyz_broken");
    let cases: [(&[u8], &str); 8] = [
        (b"", "empty"),
        (b"\n\n# nothing\n", "no line of x y z"),
        (b"1 2 3\n4 5\n", "line 2 is '4 5', expected x y z"),
        (b"1 2 3\n4 five 6\n", "line 2"),
        (b"3\n1 2 3\n", "promises 3 points, 1 follow"),
        (b"1000000000000000000\n1 2 3\n", "1 follow"),
        (b"\x7fELF\x02\x01\xff\xfe\x00\x00", "line 1"),
        (b"hello world\nthis is no cloud\n", "line 2"),
    ];
    for (bytes, expected) in cases {
        let reason = message(io::read(&scratch.file("bad.xyz", bytes)));
        assert!(
            reason.contains(expected) && !reason.contains('\n'),
            "{reason:?} lacks {expected:?}"
        );
    }
}

#[test]
fn unknown_extensions_and_missing_files_are_told_apart() {
    let scratch = Scratch::new("xyz_names");
    let cloud = io::read(&scratch.file("in.xyz", b"1 2 3\n")).unwrap();
    assert!(message(io::read(&scratch.file("in.e57", b"1 2 3\n"))).contains("'.e57'"));
    assert!(message(cloud.write(&scratch.path("out"), cloud.points())).contains("expected .ply"));
    assert!(matches!(
        io::read(&scratch.path("none.xyz")),
        Err(Error::Io { .. })
    ));
    assert!(matches!(
        cloud.write(&scratch.path("no/folder.xyz"), cloud.points()),
        Err(Error::Io { .. })
    ));
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let scratch = Scratch::new("xyz_whole");
    let path = scratch.file("cloud.xyz", b"1 2 3\n");
    let cloud = io::read(&path).unwrap();
    assert!(matches!(cloud.write(&path, &[]), Err(Error::Cloud(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"1 2 3\n");
    cloud.write(&path, &[[4.0, 5.0, 6.0]]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"4 5 6\n", "in place");
    let folder = scratch.path("folder.xyz");
    std::fs::create_dir(&folder).unwrap();
    assert!(matches!(
        cloud.write(&folder, cloud.points()),
        Err(Error::Io { .. })
    ));
    assert_eq!(
        scratch.names(),
        ["cloud.xyz", "folder.xyz"],
        "no part is left behind"
    );
}

/// Each number was once looked for from the start of its line: two lines of this size took a quarter of an hour.
#[test]
fn a_line_of_many_numbers_is_read() {
    let scratch = Scratch::new("xyz_wide");
    let line = "1 ".repeat(90_000);
    let file = scratch.file("wide.xyz", format!("{line}\n{line}\n").as_bytes());
    let cloud = io::read(&file).unwrap();
    let converted = scratch.path("wide.ply");
    cloud.write(&converted, &moved(cloud.points(), 1.0)).unwrap();
    assert_eq!(io::read(&converted).unwrap().points(), [[2.0; 3]; 2]);
}
