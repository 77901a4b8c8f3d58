//! XYZ, TXT, ASC: one point a line, x y z first, whatever else behind them.
//!
//! Numbers are separated by blanks, commas or semicolons. Blank lines, lines that start with `#`, `//` or `%`, a
//! first line of column names and a first line that counts the points are kept as they are.

use std::sync::Arc;

use super::column::Output;
use super::field::{Field, Place, Table, quote, token};
use super::value::{Coding, Kind, number};

pub(super) fn parse(bytes: Vec<u8>) -> Result<Table, String> {
    let mut records = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut headed = false;
    let mut claimed = None;
    let mut columns = usize::MAX;
    let mut at = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }; // Windows editors' byte order mark
    for (number_of_line, line) in bytes[at..].split_inclusive(|&byte| byte == b'\n').enumerate() {
        let start = at;
        at += line.len();
        let mut tokens = tokens(line).peekable();
        let Some(&first) = tokens.peek() else { continue };
        let comment = [&b"#"[..], b"//", b"%"]
            .into_iter()
            .any(|sign| first.starts_with(sign));
        let numbers = tokens
            .clone()
            .take(3)
            .filter(|token| number(token).is_some())
            .count();
        let beginning = records.is_empty() && claimed.is_none();
        if comment || (beginning && numbers == 0 && !headed && line.is_ascii()) {
            headed |= !comment;
            let words = column_names(tokens);
            if names.is_empty() && words.starts_with(&["x", "y", "z"].map(String::from)) {
                names = words;
            }
        } else if beginning && numbers == 1 && tokens.clone().nth(1).is_none() {
            claimed = std::str::from_utf8(first)
                .ok()
                .and_then(|text| text.parse::<usize>().ok());
            if claimed.is_none() {
                return Err(format!(
                    "line {} is {}, expected x y z",
                    number_of_line + 1,
                    quote(line)
                ));
            }
        } else if numbers == 3 {
            records.push(start);
            columns = columns.min(tokens.count());
        } else {
            return Err(format!(
                "line {} is {}, expected x y z",
                number_of_line + 1,
                quote(line.trim_ascii())
            ));
        }
    }
    if let Some(claimed) = claimed.filter(|&claimed| claimed != records.len()) {
        return Err(format!(
            "the first line promises {claimed} points, {} follow",
            records.len()
        ));
    }
    if records.is_empty() {
        return Err("there is no line of x y z".into());
    }
    let len = records.len();
    let records = Arc::new(records);
    let field = |index: usize| {
        let name = names.get(index).filter(|_| names.len() == columns).cloned();
        Field {
            name: name.unwrap_or_else(|| format!("column_{}", index + 1)),
            kind: Kind::F64,
            place: Place::Token {
                records: records.clone(),
                index,
            },
        }
    };
    let mut others: Vec<Field> = (3..columns).map(field).collect();
    for other in &mut others {
        other.kind = narrowest(&bytes, other, len);
    }
    Ok(Table {
        coding: Coding::Text,
        len,
        xyz: [field(0), field(1), field(2)],
        others,
        bytes,
        grid: None,
    })
}

fn tokens(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (start, end) = token(line, at)?;
        at = end;
        Some(&line[start..end])
    })
}

/// The words of a heading without the sign of a comment, as in `//X Y Z Intensity`.
fn column_names<'a>(words: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
    let words = words.enumerate().map(|(i, word)| match i {
        0 => word.trim_start_matches(['#', '/', '%']).to_owned(),
        _ => word,
    });
    words
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase())
        .collect()
}

/// The smallest of byte, int and double that holds a whole column: what another format will call it.
fn narrowest(bytes: &[u8], field: &Field, len: usize) -> Kind {
    let whole = Field {
        kind: Kind::I64,
        ..field.clone()
    };
    let values = (0..len).map(|i| whole.raw(bytes, Coding::Text, i).map(i64::from_le_bytes));
    let range = values
        .into_iter()
        .try_fold((0, 0), |(low, high): (i64, i64), value| {
            value.map(|value| (low.min(value), high.max(value)))
        });
    match range {
        Some((0, high)) if high <= i64::from(u8::MAX) => Kind::U8,
        Some((low, high)) if low >= i64::from(i32::MIN) && high <= i64::from(i32::MAX) => Kind::I32,
        _ => Kind::F64,
    }
}

/// A new text file for points that came from another format; a first line names the columns beyond x y z.
pub(super) fn compose(output: &Output) -> Vec<u8> {
    let columns = output.columns();
    let mut out = Vec::new();
    if !columns.is_empty() {
        out.extend_from_slice(b"# x y z");
        columns
            .iter()
            .for_each(|column| out.extend_from_slice(format!(" {}", column.name).as_bytes()));
        out.push(b'\n');
    }
    output.append_rows(&columns, &mut out);
    out
}
