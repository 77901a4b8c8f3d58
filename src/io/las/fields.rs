//! Where the columns of a point lie in its record, by point format (LAS 1.4 R15, tables 7 to 17).

use super::header::Header;
use crate::io::field::{Field, Place};
use crate::io::value::Kind;

/// x, y and z.
pub(super) fn xyz(stride: usize) -> [Field; 3] {
    [("x", 0), ("y", 4), ("z", 8)].map(|(name, first)| field(name, Kind::I32, first, stride))
}

/// Every other column that has a name of its own. `low` says that colours use the low byte of their sixteen bits
/// only, as many files do against the standard.
pub(super) fn others(header: &Header, low: bool) -> Vec<Field> {
    let (format, stride) = (header.format, header.stride);
    let number = |name, kind, first| field(name, kind, first, stride);
    let bits = |name: &str, first, shift, width: u8| Field {
        name: name.into(),
        kind: Kind::U8,
        place: Place::Bits {
            first,
            stride,
            shift,
            mask: (1u8 << width) - 1,
        },
    };
    let mut fields = vec![number("intensity", Kind::U16, 12)];
    let colours = if format < 6 {
        fields.extend([
            bits("return_number", 14, 0, 3),
            bits("number_of_returns", 14, 3, 3),
            bits("classification", 15, 0, 5),
            number("scan_angle", Kind::I8, 16),
            number("user_data", Kind::U8, 17),
            number("point_source_id", Kind::U16, 18),
        ]);
        if matches!(format, 1 | 3 | 4 | 5) {
            fields.push(number("gps_time", Kind::F64, 20));
        }
        match format {
            2 => Some(20),
            3 | 5 => Some(28),
            _ => None,
        }
    } else {
        fields.extend([
            bits("return_number", 14, 0, 4),
            bits("number_of_returns", 14, 4, 4),
            number("classification", Kind::U8, 16),
            number("user_data", Kind::U8, 17),
            number("scan_angle", Kind::I16, 18),
            number("point_source_id", Kind::U16, 20),
            number("gps_time", Kind::F64, 22),
        ]);
        matches!(format, 7 | 8 | 10).then_some(30)
    };
    if let Some(first) = colours {
        // One byte each is what other formats expect of a colour.
        let high = usize::from(!low);
        for (nth, name) in ["red", "green", "blue"].into_iter().enumerate() {
            fields.push(number(name, Kind::U8, first + 2 * nth + high));
        }
    }
    if matches!(format, 8 | 10) {
        fields.push(number("nir", Kind::U16, 36));
    }
    fields
}

/// Whether all colours fit the low byte.
pub(super) fn low_colours(header: &Header, records: &[u8]) -> bool {
    let first = match header.format {
        2 => 20,
        3 | 5 => 28,
        7 | 8 | 10 => 30,
        _ => return false,
    };
    let mut points = records.chunks_exact(header.stride);
    points.all(|point| [1, 3, 5].iter().all(|at| point[first + at] == 0))
}

fn field(name: &str, kind: Kind, first: usize, stride: usize) -> Field {
    Field {
        name: name.into(),
        kind,
        place: Place::Strided { first, stride },
    }
}
