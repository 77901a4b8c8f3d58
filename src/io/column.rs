//! The columns beside x y z on their way from one format to another.

use super::field::{Field, Hint, Table};
use super::value::Kind;

/// A named column of scalars, each as the little-endian bytes of its type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) values: Vec<[u8; 8]>,
}

/// What a file of another format is made of.
pub(super) struct Output<'a> {
    pub(super) points: &'a [[f64; 3]],
    /// The type of x, y and z.
    pub(super) kind: Kind,
    /// Numbers as text; otherwise little-endian bytes.
    pub(super) text: bool,
    source: &'a Table,
}

const NORMALS: [(&str, &str); 3] = [("normal_x", "nx"), ("normal_y", "ny"), ("normal_z", "nz")];
const COLOURS: [&str; 4] = ["blue", "green", "red", "alpha"]; // PCL packs them in this order of bytes

impl Column {
    /// PLY knows no 64-bit integers: doubles hold 53 bits of them.
    pub(super) fn without_64_bit_integers(mut self) -> Self {
        if matches!(self.kind, Kind::I64 | Kind::U64) {
            for value in &mut self.values {
                *value = Kind::F64.put(self.kind.get(*value));
            }
            self.kind = Kind::F64;
        }
        self
    }
}

impl<'a> Output<'a> {
    pub(super) fn new(points: &'a [[f64; 3]], source: &'a Table, text: bool) -> Self {
        let small = [Kind::F32, Kind::I8, Kind::U8, Kind::I16, Kind::U16];
        let narrow = source.xyz.iter().all(|field| small.contains(&field.kind)) && !is_far_off(points);
        // one type for all three: readers such as PCL's expect that
        let kind = if narrow { Kind::F32 } else { Kind::F64 };
        Self {
            points,
            kind,
            text,
            source,
        }
    }

    /// The other columns under PLY's names, colours as one byte each. Padding, texts and lists stay behind.
    pub(super) fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for column in self.carried() {
            if matches!(column.name.as_str(), "rgb" | "rgba") && column.kind.size() == 4 {
                let bytes = if column.name == "rgb" {
                    &[2, 1, 0][..]
                } else {
                    &[2, 1, 0, 3]
                };
                columns.extend(bytes.iter().map(|&byte| {
                    Column {
                        name: COLOURS[byte].into(),
                        kind: Kind::U8,
                        values: column
                            .values
                            .iter()
                            .map(|value| Kind::U8.put(value[byte].into()))
                            .collect(),
                    }
                }));
            } else {
                columns.push(renamed(column, |pcd, ply| (pcd, ply)));
            }
        }
        columns
    }

    /// The other columns under PCL's names, colours packed into one `rgb` or `rgba`.
    pub(super) fn packed_columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = self
            .carried()
            .into_iter()
            .map(|column| renamed(column, |pcd, ply| (ply, pcd)))
            .collect();
        let find = |columns: &[Column], name| {
            columns
                .iter()
                .position(|column| column.name == name && column.kind == Kind::U8)
        };
        let places = COLOURS.map(|name| find(&columns, name));
        if let [Some(_), Some(_), Some(red), alpha] = places {
            let mut values = vec![[0; 8]; self.points.len()];
            for (byte, place) in places.into_iter().enumerate() {
                for (value, part) in values
                    .iter_mut()
                    .zip(place.iter().flat_map(|&at| &columns[at].values))
                {
                    value[byte] = part[0];
                }
            }
            let name = if alpha.is_some() { "rgba" } else { "rgb" };
            columns.insert(
                red,
                Column {
                    name: name.into(),
                    kind: Kind::U32,
                    values,
                },
            );
            columns.retain(|column| !(column.kind == Kind::U8 && COLOURS.contains(&column.name.as_str())));
        }
        columns
    }

    fn carried(&self) -> Vec<Column> {
        let Table {
            bytes, coding, len, ..
        } = self.source;
        let fields = self
            .source
            .others
            .iter()
            .filter(|field| !["x", "y", "z", "_"].contains(&field.name.as_str()));
        let fields: Vec<_> = fields.collect();
        let mut columns = vec![Some(Vec::with_capacity(*len)); fields.len()];
        for i in 0..*len {
            let mut hint = Hint::default();
            for (field, column) in fields.iter().zip(&mut columns) {
                let raw = field.raw(bytes, *coding, i, &mut hint);
                match (column.as_mut(), raw) {
                    (Some(values), Some(raw)) => values.push(raw),
                    _ => *column = None, // a text that is no number: the whole column stays behind
                }
            }
        }
        let column = |(field, values): (&&Field, Option<Vec<[u8; 8]>>)| {
            Some(Column {
                name: field.name.clone(),
                kind: field.kind,
                values: values?,
            })
        };
        fields.iter().zip(columns).filter_map(column).collect()
    }

    /// Appends one record a point: x y z and then `columns`.
    pub(super) fn append_rows(&self, columns: &[Column], out: &mut Vec<u8>) {
        for (i, point) in self.points.iter().enumerate() {
            let xyz = (0..3).map(|axis| (self.kind, self.kind.put(point[axis])));
            let others = columns.iter().map(|column| (column.kind, column.values[i]));
            for (nth, (kind, value)) in xyz.chain(others).enumerate() {
                if !self.text {
                    out.extend_from_slice(&value[..kind.size()]);
                    continue;
                }
                if nth > 0 {
                    out.push(b' ');
                }
                kind.print(value, out);
            }
            if self.text {
                out.push(b'\n');
            }
        }
    }
}

/// Whether the distance to the origin takes so many of an f32's 24 bits that the shape is left with less than 18.
fn is_far_off(points: &[[f64; 3]]) -> bool {
    let (mut farthest, mut extent) = (0f64, 0f64);
    for axis in 0..3 {
        let values = points
            .iter()
            .map(|point| point[axis])
            .filter(|value| value.is_finite());
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low <= high {
            farthest = farthest.max(low.abs()).max(high.abs());
            extent = extent.max(high - low);
        }
    }
    farthest > 64.0 * extent
}

fn renamed(
    mut column: Column,
    direction: impl Fn(&'static str, &'static str) -> (&'static str, &'static str),
) -> Column {
    for (pcd, ply) in NORMALS {
        let (from, to) = direction(pcd, ply);
        if column.name == from {
            column.name = to.into();
        }
    }
    column
}
