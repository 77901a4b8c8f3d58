//! A new PCD file for points that came from another format.

use crate::io::column::Output;
use crate::io::value::Kind;

/// Binary, or ascii where the source was a text too; never organised.
pub(in crate::io) fn compose(output: &Output) -> Vec<u8> {
    let columns = output.packed_columns();
    let xyz = ["x", "y", "z"].into_iter().map(|name| (name, output.kind));
    let fields: Vec<_> = xyz
        .chain(columns.iter().map(|column| (column.name.as_str(), column.kind)))
        .collect();
    let join = |word: &dyn Fn(usize) -> String| (0..fields.len()).map(word).collect::<Vec<_>>().join(" ");
    let letter = |i: usize| match fields[i].1 {
        Kind::F32 | Kind::F64 => "F".to_owned(),
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => "U".to_owned(),
        Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 => "I".to_owned(),
    };
    let header = format!(
        "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS {}\nSIZE {}\nTYPE {}\nCOUNT {}\n\
         WIDTH {points}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {points}\nDATA {}\n",
        join(&|i| fields[i].0.to_owned()),
        join(&|i| fields[i].1.size().to_string()),
        join(&letter),
        join(&|_| "1".to_owned()),
        if output.text { "ascii" } else { "binary" },
        points = output.points.len(),
    );
    let mut out = header.into_bytes();
    output.append_rows(&columns, &mut out);
    out
}
