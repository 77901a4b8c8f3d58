//! The header of a PLY file: which elements follow, with which properties, in which encoding.
//!
//! The grammar is `ply-rs-bw`'s. It knows names as identifiers only, keeps one of two properties of the same name
//! and wants comments in UTF-8, whereas real files break all three; so it is shown ordinal names and no comments,
//! and the true names are kept beside it. The header's own bytes are never rewritten.

use ply_rs_bw::parser::{Parser, Reader};
use ply_rs_bw::ply::{DefaultElement, Encoding, PropertyType, ScalarType};

use crate::io::field::quote;
use crate::io::value::{Coding, Kind};

/// No real header is this long, and a file of line ends should not be taken for one.
const MOST_LINES: usize = 100_000;

/// What the header promises about the payload.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) coding: Coding,
    pub(super) elements: Vec<Element>,
    /// The payload's first byte.
    pub(super) end: usize,
}

/// A block of equal records, such as all vertices.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) count: usize,
    pub(super) properties: Vec<Property>,
}

/// One value, or one list of values, of each record.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The type of the count in front of a list.
    pub(super) list: Option<Kind>,
}

impl Element {
    /// The fewest bytes that one record can take.
    pub(super) fn least(&self, coding: Coding) -> usize {
        let widths = self.properties.iter().map(|property| match coding {
            Coding::Text => 2, // a digit and what separates it from the next
            _ => property.list.unwrap_or(property.kind).size(),
        });
        widths.sum()
    }

    pub(super) fn has_lists(&self) -> bool {
        self.properties.iter().any(|property| property.list.is_some())
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Header, String> {
    if !bytes.starts_with(b"ply") || !matches!(bytes.get(3), None | Some(b'\n' | b'\r' | b' ' | b'\t')) {
        return Err(format!(
            "the file starts with {}, expected the line 'ply'",
            quote(bytes)
        ));
    }
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut at = 0;
    let end = loop {
        let rest = &bytes[at..];
        let Some(length) = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') else {
            return Err("the header has no line 'end_header'".into());
        };
        at += length + if rest[length..].starts_with(b"\r\n") { 2 } else { 1 };
        let line = rest[..length].trim_ascii();
        lines.push(line);
        if line == b"end_header" {
            break at;
        }
        if lines.len() > MOST_LINES {
            return Err(format!("no line 'end_header' among the first {MOST_LINES} lines"));
        }
    };
    let (text, names) = ordinal_names(&lines);
    let header = Parser::<DefaultElement>::new()
        .read_header(&mut Reader::new(text.as_bytes()))
        .map_err(|error| complain(&lines, error.line(), &error.to_string()))?;
    let coding = match header.encoding {
        Encoding::Ascii => Coding::Text,
        Encoding::BinaryLittleEndian => Coding::Little,
        Encoding::BinaryBigEndian => Coding::Big,
    };
    let mut names = names.into_iter();
    let mut next_name = || names.next().unwrap_or_default();
    let mut elements = Vec::with_capacity(header.elements.len());
    for element in header.elements.into_values() {
        let name = next_name();
        let mut properties = Vec::with_capacity(element.properties.len());
        for property in element.properties.into_values() {
            let name = next_name();
            let (kind, list) = match property.data_type {
                PropertyType::Scalar(kind) => (convert(&kind), None),
                PropertyType::List(count, kind) => (convert(&kind), Some(convert(&count))),
            };
            if list.is_some_and(Kind::is_float) {
                return Err(format!(
                    "the list '{name}' has a float as its count, expected an integer type"
                ));
            }
            properties.push(Property { name, kind, list });
        }
        elements.push(Element {
            name,
            count: element.count,
            properties,
        });
    }
    Ok(Header {
        coding,
        elements,
        end,
    })
}

/// The header with `e0`, `p1`, ... as names and no comments, and the true names in the order of the lines.
fn ordinal_names(lines: &[&[u8]]) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut names = Vec::new();
    for line in lines {
        let line = String::from_utf8_lossy(line);
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["element", name, count] => {
                text += &format!("element e{} {count}", names.len());
                names.push((*name).into());
            }
            ["property", kind @ .., name] if !kind.is_empty() => {
                text += &format!("property {} p{}", kind.join(" "), names.len());
                names.push((*name).into());
            }
            [] | ["comment" | "obj_info", ..] => text += "comment", // keeps the parser's line numbers true
            _ => text += &words.join(" "),
        }
        text.push('\n');
    }
    (text, names)
}

fn complain(lines: &[&[u8]], line: Option<usize>, message: &str) -> String {
    match line.and_then(|number| Some((number, lines.get(number.checked_sub(1)?)?))) {
        Some((number, line)) => format!(
            "line {number} of the header is {}, expected format, comment, obj_info, element NAME COUNT or \
             property TYPE NAME",
            quote(line)
        ),
        None => message.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn convert(kind: &ScalarType) -> Kind {
    match kind {
        ScalarType::Char => Kind::I8,
        ScalarType::UChar => Kind::U8,
        ScalarType::Short => Kind::I16,
        ScalarType::UShort => Kind::U16,
        ScalarType::Int => Kind::I32,
        ScalarType::UInt => Kind::U32,
        ScalarType::Float => Kind::F32,
        ScalarType::Double => Kind::F64,
    }
}
