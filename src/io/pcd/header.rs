//! The header of a PCD file: named columns, their types, and how many points follow in which coding.

use crate::io::field::quote;
use crate::io::value::Kind;

/// How the points stand behind the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    Ascii,
    Binary,
    Compressed,
}

/// One entry of FIELDS: `count` numbers of one type.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) count: usize,
}

#[derive(Debug)]
pub(super) struct Header {
    pub(super) columns: Vec<Column>,
    pub(super) points: usize,
    pub(super) data: Data,
    /// The payload's first byte.
    pub(super) end: usize,
}

impl Header {
    /// Bytes of one binary point; None beyond the address space.
    pub(super) fn stride(&self) -> Option<usize> {
        self.columns.iter().try_fold(0usize, |sum, column| {
            sum.checked_add(column.kind.size().checked_mul(column.count)?)
        })
    }
}

/// The entries as they are collected, each a list of words.
#[derive(Default)]
struct Entries<'a> {
    fields: Vec<&'a str>,
    size: Vec<&'a str>,
    kind: Vec<&'a str>,
    count: Vec<&'a str>,
    width: Vec<&'a str>,
    height: Vec<&'a str>,
    points: Vec<&'a str>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Header, String> {
    let mut entries = Entries::default();
    let mut at = 0;
    let mut first = true;
    let (data, end) = loop {
        let rest = &bytes[at..];
        let length = rest.iter().position(|&byte| byte == b'\n');
        let line = rest[..length.unwrap_or(rest.len())].trim_ascii();
        let comment = line.is_empty() || line.starts_with(b"#");
        let words: Vec<&str> = match std::str::from_utf8(line) {
            _ if comment => Vec::new(),
            Ok(line) => line.split_ascii_whitespace().collect(),
            Err(_) => {
                return Err(format!(
                    "the header holds {}, expected an entry of PCD",
                    quote(line)
                ));
            }
        };
        match words.split_first() {
            None => {}
            Some((&"DATA", values)) => {
                let data = match values {
                    ["ascii"] => Data::Ascii,
                    ["binary"] => Data::Binary,
                    ["binary_compressed"] => Data::Compressed,
                    _ => {
                        return Err(format!(
                            "{}, expected ascii, binary or binary_compressed",
                            quote(line)
                        ));
                    }
                };
                break (data, length.map_or(bytes.len(), |length| at + length + 1));
            }
            Some((&"VERSION" | &"VIEWPOINT", _)) => {}
            Some((&"FIELDS" | &"COLUMNS", values)) => entries.fields = values.to_vec(),
            Some((&"SIZE", values)) => entries.size = values.to_vec(),
            Some((&"TYPE", values)) => entries.kind = values.to_vec(),
            Some((&"COUNT", values)) => entries.count = values.to_vec(),
            Some((&"WIDTH", values)) => entries.width = values.to_vec(),
            Some((&"HEIGHT", values)) => entries.height = values.to_vec(),
            Some((&"POINTS", values)) => entries.points = values.to_vec(),
            Some(_) if first => {
                return Err(format!(
                    "the file starts with {}, expected the header of a PCD file",
                    quote(line)
                ));
            }
            Some(_) => {
                return Err(format!(
                    "the header holds {}, expected an entry of PCD",
                    quote(line)
                ));
            }
        }
        first = first && comment;
        at = match length {
            Some(length) => at + length + 1,
            None => {
                return Err(format!(
                    "the header has no DATA line: the file ends with {}",
                    quote(line)
                ));
            }
        };
    };
    Ok(Header {
        columns: entries.columns()?,
        points: entries.total()?,
        data,
        end,
    })
}

impl Entries<'_> {
    fn columns(&self) -> Result<Vec<Column>, String> {
        let expected = self.fields.len();
        if expected == 0 {
            return Err("the header names no FIELDS".into());
        }
        for (name, values) in [("SIZE", &self.size), ("TYPE", &self.kind), ("COUNT", &self.count)] {
            if values.len() != expected && !(name == "COUNT" && values.is_empty()) {
                return Err(format!(
                    "{name} has {} entries, expected one for each of the {expected} FIELDS",
                    values.len()
                ));
            }
        }
        let column = |i: usize| {
            let (name, size, kind) = (self.fields[i], self.size[i], self.kind[i]);
            let kind = match (kind, size) {
                ("I", "1") => Kind::I8,
                ("I", "2") => Kind::I16,
                ("I", "4") => Kind::I32,
                ("I", "8") => Kind::I64,
                ("U", "1") => Kind::U8,
                ("U", "2") => Kind::U16,
                ("U", "4") => Kind::U32,
                ("U", "8") => Kind::U64,
                ("F", "4") => Kind::F32,
                ("F", "8") => Kind::F64,
                _ => {
                    return Err(format!(
                        "field {name} has TYPE {kind} and SIZE {size}, expected I or U with 1, 2, 4, 8 or F with 4, 8"
                    ));
                }
            };
            let count = self.count.get(i).copied().unwrap_or("1");
            match count.parse::<usize>() {
                Ok(count) if count != 1 && ["x", "y", "z"].contains(&name) => {
                    Err(format!("{name} has COUNT {count}, expected 1"))
                }
                Ok(count) if count > 0 => Ok(Column {
                    name: name.into(),
                    kind,
                    count,
                }),
                _ => Err(format!(
                    "field {name} has COUNT {count}, expected a whole number from 1 on"
                )),
            }
        };
        (0..expected).map(column).collect()
    }

    fn total(&self) -> Result<usize, String> {
        let whole = |name: &str, values: &[&str]| match values {
            [] => Ok(None),
            [value] if value.parse::<usize>().is_ok() => Ok(value.parse::<usize>().ok()),
            _ => Err(format!(
                "{name} is '{}', expected one whole number from 0 on",
                values.join(" ")
            )),
        };
        let points = whole("POINTS", &self.points)?;
        let width = whole("WIDTH", &self.width)?;
        let height = whole("HEIGHT", &self.height)?;
        let grid = width.map(|width| width.checked_mul(height.unwrap_or(1)));
        match (points, grid) {
            (Some(points), None) => Ok(points),
            (None, Some(Some(grid))) => Ok(grid),
            (Some(points), Some(Some(grid))) if points == grid => Ok(points),
            (None, None) => Err("the header has neither POINTS nor WIDTH".into()),
            _ => Err(format!(
                "WIDTH {} times HEIGHT {} is not POINTS {}",
                self.width.join(" "),
                self.height.join(" "),
                self.points.join(" ")
            )),
        }
    }
}
