//! A new LAS file for points that came from another format: LAS 1.2, point format 0 to 3.

use super::header::{FORMATS, Grid, Header};
use super::{Envelope, Extremes};
use crate::io::column::{Column, Output};
use crate::io::value::Kind;

/// Steps of the grid that the cloud's extent may take: half of what an i32 has, so that points can still move.
const STEPS: f64 = 1e9;

/// Integers of the finest decimal grid that the cloud fits into, and what of the other columns LAS has a place for:
/// intensity, colours, classification, user data and the time of a point.
pub(in crate::io) fn compose(output: &Output, packed: bool) -> Result<Vec<u8>, String> {
    if let Some(bad) = output
        .points
        .iter()
        .position(|point| point.iter().any(|c| !c.is_finite()))
    {
        return Err(format!("point {bad} is not finite, which LAS has no number for"));
    }
    let columns = output.columns();
    let find = |name: &str| columns.iter().find(|column| column.name == name);
    let (time, colours) = (find("gps_time"), ["red", "green", "blue"].map(find));
    let coloured = colours.iter().all(Option::is_some);
    let format = u8::from(time.is_some()) + if coloured { 2 } else { 0 };
    let stride = FORMATS[usize::from(format)];
    let grid = grid(output.points);

    let mut records = vec![0; stride * output.points.len()];
    let mut put = |i: usize, at: usize, kind: Kind, value: f64| {
        let target = &mut records[i * stride + at..][..kind.size()];
        target.copy_from_slice(&kind.put(value)[..kind.size()]);
    };
    for (i, point) in output.points.iter().enumerate() {
        for (axis, &c) in point.iter().enumerate() {
            put(i, 4 * axis, Kind::I32, grid.number(axis, c));
        }
        put(i, 14, Kind::U8, 9.0); // the first return of one
    }
    let mut fill = |column: Option<&Column>, at: usize, kind: Kind, gain: f64| {
        for (i, value) in column.iter().flat_map(|column| &column.values).enumerate() {
            let value = column.map_or(0.0, |column| column.kind.get(*value));
            put(i, at, kind, gain * value);
        }
    };
    let intensity = find("intensity");
    fill(intensity, 12, Kind::U16, full_scale(intensity));
    fill(find("classification"), 15, Kind::U8, 1.0);
    fill(find("user_data"), 17, Kind::U8, 1.0);
    fill(time, 20, Kind::F64, 1.0);
    if coloured {
        for (nth, column) in colours.into_iter().enumerate() {
            // 255 of eight bits is 65535 of sixteen.
            let gain = if column.is_some_and(|column| column.kind == Kind::U8) {
                257.0
            } else {
                full_scale(column)
            };
            fill(column, stride - 6 + 2 * nth, Kind::U16, gain);
        }
    }

    let bytes = blank(format, stride, grid, output.points.len())?;
    let length = (bytes.len() + records.len()) as u64;
    let header = Header::parse(bytes, length)?;
    let envelope = Envelope {
        header,
        tail: Vec::new(),
        extremes: Extremes::default(),
    };
    envelope.seal(&records, packed)
}

/// What brings numbers between 0 and 1, as some formats have them, to the sixteen bits of LAS; 1 for any others.
fn full_scale(column: Option<&Column>) -> f64 {
    let fraction = |column: &Column| {
        let mut values = column.values.iter().map(|value| column.kind.get(*value));
        column.kind.is_float() && values.all(|value| (0.0..=1.0).contains(&value))
    };
    if column.is_some_and(fraction) {
        65535.0
    } else {
        1.0
    }
}

/// A power of ten for all axes, and whole offsets.
fn grid(points: &[[f64; 3]]) -> Grid {
    let bound =
        |axis: usize, pick: fn(f64, f64) -> f64| points.iter().map(|p| p[axis]).reduce(pick).unwrap_or(0.0);
    let (low, high) = (
        [0, 1, 2].map(|a| bound(a, f64::min)),
        [0, 1, 2].map(|a| bound(a, f64::max)),
    );
    let extent = (0..3).map(|a| high[a] - low[a]).fold(0.0, f64::max);
    // Where a cloud has no extent, its distance from the origin still says how fine its numbers are.
    let size = [extent, low[0].abs() * 1e-6, 1e-9]
        .into_iter()
        .fold(0.0, f64::max);
    let scale = 10f64.powi((size / STEPS).log10().ceil() as i32);
    let middle = |a: usize| low[a] + (high[a] - low[a]) / 2.0;
    Grid {
        scale: [scale; 3],
        offset: [0, 1, 2].map(|a| (middle(a) / scale / 1e6).round() * scale * 1e6),
    }
}

/// A header of LAS 1.2 without records of its own.
fn blank(format: u8, stride: usize, grid: Grid, points: usize) -> Result<Vec<u8>, String> {
    let count = u32::try_from(points).map_err(|_| format!("LAS 1.2 can't hold {points} points"))?;
    let mut bytes = vec![0; 227];
    bytes[..4].copy_from_slice(b"LASF");
    (bytes[24], bytes[25]) = (1, 2);
    let program = concat!("quietcloud ", env!("CARGO_PKG_VERSION"));
    bytes[58..58 + program.len()].copy_from_slice(program.as_bytes());
    bytes[94..96].copy_from_slice(&227u16.to_le_bytes());
    bytes[96..100].copy_from_slice(&227u32.to_le_bytes());
    bytes[104] = format;
    bytes[105..107].copy_from_slice(&(stride as u16).to_le_bytes());
    bytes[107..111].copy_from_slice(&count.to_le_bytes());
    bytes[111..115].copy_from_slice(&count.to_le_bytes()); // all of them first returns
    for axis in 0..3 {
        bytes[131 + 8 * axis..139 + 8 * axis].copy_from_slice(&grid.scale[axis].to_le_bytes());
        bytes[155 + 8 * axis..163 + 8 * axis].copy_from_slice(&grid.offset[axis].to_le_bytes());
    }
    Ok(bytes)
}
