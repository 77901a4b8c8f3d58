//! Where one column of numbers lies in a file's bytes, and how to read and replace it there.

use std::sync::Arc;

use super::las::Grid;
use super::value::{Coding, Kind, exceeds_f32, narrow, number};

/// A column of scalars: x, an intensity, a colour.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// Where the numbers of a column begin.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Number `i` begins at byte `first + i * stride`.
    Strided { first: usize, stride: usize },
    /// Number `i` is the `index`-th token from byte `records[i]` on.
    Token { records: Arc<Vec<usize>>, index: usize },
    /// Number `i` begins at byte `starts[i]`.
    Scattered(Vec<usize>),
    /// Number `i` is some bits of byte `first + i * stride`.
    Bits {
        first: usize,
        stride: usize,
        shift: u8,
        mask: u8,
    },
}

/// The bytes of a file, and the columns of its points in them.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) bytes: Vec<u8>,
    pub(super) coding: Coding,
    pub(super) len: usize,
    pub(super) xyz: [Field; 3],
    /// Every other scalar of a point, in the file's order.
    pub(super) others: Vec<Field>,
    /// What the numbers of x, y and z stand for, where they are no coordinates themselves.
    pub(super) grid: Option<Grid>,
}

/// Whether a byte stands between two numbers of a text.
pub(super) fn separates(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | 0x0b)
}

/// The next token of a text from `at` on, as its first byte and its end; None where only separators are left.
pub(super) fn token(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let start = at + bytes.get(at..)?.iter().position(|&byte| !separates(byte))?;
    let length = bytes[start..].iter().position(|&byte| separates(byte));
    Some((start, length.map_or(bytes.len(), |length| start + length)))
}

/// A binary number as up to eight little-endian bytes.
pub(super) fn raw(number: &[u8], coding: Coding) -> [u8; 8] {
    let mut raw = [0; 8];
    raw[..number.len()].copy_from_slice(number);
    if coding == Coding::Big {
        raw[..number.len()].reverse();
    }
    raw
}

impl Field {
    fn start(&self, bytes: &[u8], i: usize) -> usize {
        match &self.place {
            Place::Strided { first, stride } | Place::Bits { first, stride, .. } => first + i * stride,
            Place::Scattered(starts) => starts[i],
            Place::Token { records, index } => {
                let mut at = records[i];
                for _ in 0..*index {
                    at = token(bytes, at).map_or(bytes.len(), |(_, end)| end);
                }
                token(bytes, at).map_or(bytes.len(), |(start, _)| start)
            }
        }
    }

    /// The bytes of number `i` in the file: as many as its type takes, or one token.
    fn span(&self, bytes: &[u8], coding: Coding, i: usize) -> (usize, usize) {
        let start = self.start(bytes, i);
        match coding {
            Coding::Text => token(bytes, start).unwrap_or((start, start)),
            _ => (start, start + self.kind.size()),
        }
    }

    /// Number `i` as the bytes of its type, little-endian; None where a text is not such a number.
    pub(super) fn raw(&self, bytes: &[u8], coding: Coding, i: usize) -> Option<[u8; 8]> {
        let (start, end) = self.span(bytes, coding, i);
        if coding == Coding::Text {
            return self.kind.parse(&bytes[start..end]);
        }
        let mut raw = raw(&bytes[start..end], coding);
        if let Place::Bits { shift, mask, .. } = self.place {
            raw[0] = (raw[0] >> shift) & mask;
        }
        Some(raw)
    }
}

impl Table {
    /// That of points which come from no file: float32 x y z and nothing else.
    pub(super) fn bare() -> Table {
        let field = |name: &str| Field {
            name: name.into(),
            kind: Kind::F32,
            place: Place::Scattered(Vec::new()),
        };
        Table {
            bytes: Vec::new(),
            coding: Coding::Little,
            len: 0,
            xyz: ["x", "y", "z"].map(field),
            others: Vec::new(),
            grid: None,
        }
    }

    /// Reads every point; a `float` column of text that says more than an f32 holds becomes a double one.
    pub(super) fn points(&mut self) -> Result<Vec<[f64; 3]>, String> {
        let mut points = vec![[0.0; 3]; self.len];
        for (axis, field) in self.xyz.iter_mut().enumerate() {
            let mut wide = false;
            for (i, point) in points.iter_mut().enumerate() {
                point[axis] = if self.coding == Coding::Text {
                    let (start, end) = field.span(&self.bytes, self.coding, i);
                    let text = &self.bytes[start..end];
                    let value = number(text).ok_or_else(|| {
                        format!(
                            "{} of point {i} is {}, expected a number",
                            field.name,
                            quote(text)
                        )
                    })?;
                    wide = wide || (field.kind == Kind::F32 && exceeds_f32(text, value));
                    value
                } else {
                    let number = field
                        .raw(&self.bytes, self.coding, i)
                        .map_or(f64::NAN, |raw| field.kind.get(raw));
                    self.grid.map_or(number, |grid| grid.place(axis, number))
                };
            }
            if wide {
                field.kind = Kind::F64;
            } else if field.kind == Kind::F32 {
                // what every other reader of the file gets from these texts
                for point in &mut points {
                    point[axis] = f64::from(narrow(point[axis]));
                }
            }
        }
        Ok(points)
    }

    /// The file's bytes with `new` coordinates in the place of `old`; an unchanged coordinate keeps its bytes.
    pub(super) fn patched(&self, old: &[[f64; 3]], new: &[[f64; 3]]) -> Vec<u8> {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        if self.coding != Coding::Text {
            let mut out = self.bytes.clone();
            for (axis, field) in self.xyz.iter().enumerate() {
                for i in (0..self.len).filter(|&i| !same(old[i][axis], new[i][axis])) {
                    let (start, end) = field.span(&self.bytes, self.coding, i);
                    let target = &mut out[start..end];
                    let number = self
                        .grid
                        .map_or(new[i][axis], |grid| grid.number(axis, new[i][axis]));
                    target.copy_from_slice(&field.kind.put(number)[..target.len()]);
                    if self.coding == Coding::Big {
                        target.reverse();
                    }
                }
            }
            return out;
        }
        let mut out = Vec::with_capacity(self.bytes.len() + self.bytes.len() / 4);
        let mut copied = 0;
        for i in 0..self.len {
            let mut spans = [0, 1, 2].map(|axis| (self.xyz[axis].span(&self.bytes, self.coding, i), axis));
            spans.sort_unstable(); // a file may order its columns z y x
            for ((start, end), axis) in spans {
                if !same(old[i][axis], new[i][axis]) {
                    out.extend_from_slice(&self.bytes[copied..start]);
                    let kind = self.xyz[axis].kind;
                    kind.print(kind.put(new[i][axis]), &mut out);
                    copied = end;
                }
            }
        }
        out.extend_from_slice(&self.bytes[copied..]);
        out
    }
}

/// The start of foreign bytes, fit for a one-line message.
pub(super) fn quote(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(40)];
    let dots = if shown.len() < bytes.len() { "..." } else { "" };
    format!("'{}{dots}'", String::from_utf8_lossy(shown).escape_debug())
}
