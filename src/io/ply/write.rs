//! A new PLY file for points that came from another format.

use crate::io::column::{Column, Output};
use crate::io::value::Kind;

/// Binary little endian, or ascii where the source was a text too.
pub(in crate::io) fn compose(output: &Output) -> Vec<u8> {
    let columns: Vec<Column> = output
        .columns()
        .into_iter()
        .map(Column::without_64_bit_integers)
        .collect();
    let format = if output.text {
        "ascii"
    } else {
        "binary_little_endian"
    };
    let mut header = format!(
        "ply\nformat {format} 1.0\nelement vertex {}\n",
        output.points.len()
    );
    let xyz = ["x", "y", "z"].into_iter().map(|name| (name, output.kind));
    for (name, kind) in xyz.chain(columns.iter().map(|column| (column.name.as_str(), column.kind))) {
        header += &format!("property {} {name}\n", type_name(kind));
    }
    header += "end_header\n";
    let mut out = header.into_bytes();
    output.append_rows(&columns, &mut out);
    out
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::I8 => "char",
        Kind::U8 => "uchar",
        Kind::I16 => "short",
        Kind::U16 => "ushort",
        Kind::I32 => "int",
        Kind::U32 => "uint",
        Kind::F32 => "float",
        Kind::I64 | Kind::U64 | Kind::F64 => "double",
    }
}
