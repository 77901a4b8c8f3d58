//! Steps through the records of a PLY payload, number by number, without trusting the header.

use super::header::{Element, Header};
use crate::io::field::{quote, raw, token};
use crate::io::value::{Coding, Kind, number};

/// A place in the payload.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) coding: Coding,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], header: &Header) -> Self {
        Self {
            bytes,
            coding: header.coding,
            at: header.end,
        }
    }

    /// Refuses a count that the rest of the file can't hold, before anything is allocated for it.
    pub(super) fn check_room(&self, element: &Element) -> Result<(), String> {
        let rest = self.bytes.len().saturating_sub(self.at);
        let needed = element.count.checked_mul(element.least(self.coding));
        // the last number of a text needs no separator behind it
        if needed.is_none_or(|needed| needed > rest + usize::from(self.coding == Coding::Text)) {
            return Err(format!(
                "the header promises {} records of '{}', at least {} bytes each, but {rest} bytes follow: \
                 the file is truncated or its header is wrong",
                element.count,
                element.name,
                element.least(self.coding)
            ));
        }
        Ok(())
    }

    pub(super) fn skip(&mut self, element: &Element) -> Result<(), String> {
        if element.properties.is_empty() {
            return Ok(()); // nothing to step over, whatever the count claims
        }
        if self.coding != Coding::Text && !element.has_lists() {
            self.at += element.count * element.least(self.coding); // checked by check_room
            return Ok(());
        }
        self.walk(element, |_, _| ())
    }

    /// Visits each number of each record as (property, first byte); a list's count and items are all visited.
    pub(super) fn walk(
        &mut self,
        element: &Element,
        mut visit: impl FnMut(usize, usize),
    ) -> Result<(), String> {
        for record in 0..element.count {
            for (index, property) in element.properties.iter().enumerate() {
                let lost = |cursor: &Self| cursor.lost(element, record, &property.name);
                let start = self
                    .step(property.list.unwrap_or(property.kind))
                    .ok_or_else(|| lost(self))?;
                visit(index, start);
                let Some(list) = property.list else { continue };
                let count = self.count(start, list, &property.name)?;
                match self.coding {
                    Coding::Text => {
                        for _ in 0..count {
                            let start = self.step(property.kind);
                            visit(index, start.ok_or_else(|| lost(self))?);
                        }
                    }
                    _ => {
                        let length = count.checked_mul(property.kind.size());
                        let end = length.and_then(|length| self.at.checked_add(length));
                        let Some(end) = end.filter(|&end| end <= self.bytes.len()) else {
                            return Err(lost(self));
                        };
                        (self.at..end)
                            .step_by(property.kind.size())
                            .for_each(|start| visit(index, start));
                        self.at = end;
                    }
                }
            }
        }
        Ok(())
    }

    /// Steps over one number and gives its first byte.
    fn step(&mut self, kind: Kind) -> Option<usize> {
        let (start, end) = match self.coding {
            Coding::Text => token(self.bytes, self.at)?,
            _ => (self.at, self.at + kind.size()),
        };
        (end <= self.bytes.len()).then(|| {
            self.at = end;
            start
        })
    }

    fn count(&self, start: usize, kind: Kind, name: &str) -> Result<usize, String> {
        integer(self.bytes, self.coding, kind, start)
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| {
                format!("byte {start}: the count of the list '{name}' is not a whole number from 0 on")
            })
    }

    fn lost(&self, element: &Element, record: usize, property: &str) -> String {
        let tail = &self.bytes[self.at.min(self.bytes.len()).saturating_sub(20)..];
        format!(
            "the file ends with {} inside of record {record} of '{}' ({} promised), at its '{property}'",
            quote(tail),
            element.name,
            element.count
        )
    }
}

/// The whole number that begins at `start`, where one does.
pub(super) fn integer(bytes: &[u8], coding: Coding, kind: Kind, start: usize) -> Option<i64> {
    let value = match coding {
        Coding::Text => token(bytes, start).and_then(|(start, end)| number(&bytes[start..end]))?,
        _ => kind.get(raw(bytes.get(start..start + kind.size())?, coding)),
    };
    (value.fract() == 0.0 && value.abs() <= 9e15).then_some(value as i64)
}
