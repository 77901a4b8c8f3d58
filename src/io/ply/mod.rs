//! PLY: ascii, binary little and big endian, any scalar types, lists and further elements.

mod faces;
mod header;
mod records;
mod write;

use super::field::{Field, Place, Table};
use super::stream::Records;
use super::value::Coding;
pub(super) use faces::polygons;
use header::Element;
use records::Cursor;
pub(super) use write::compose;

/// Finds the vertices and all of their scalars in the bytes of a file.
pub(super) fn parse(bytes: Vec<u8>) -> Result<Table, String> {
    let header = header::parse(&bytes)?;
    let mut cursor = Cursor::new(&bytes, &header);
    let mut found = None;
    for element in &header.elements {
        cursor.check_room(element)?;
        if element.name == "vertex" && found.is_none() {
            found = Some((element.count, vertex_fields(&mut cursor, element)?));
        } else {
            cursor.skip(element)?;
        }
    }
    let (len, mut others) = found.ok_or_else(|| {
        let names: Vec<&str> = header
            .elements
            .iter()
            .map(|element| element.name.as_str())
            .collect();
        format!(
            "there are the elements [{}], expected one named vertex",
            names.join(", ")
        )
    })?;
    let mut take = |name: &str| match others.iter().position(|field| field.name == name) {
        Some(at) => Ok(others.remove(at)),
        None => Err(format!("the element vertex has no number named {name}")),
    };
    let xyz = [take("x")?, take("y")?, take("z")?];
    Ok(Table {
        coding: header.coding,
        bytes,
        len,
        xyz,
        others,
        grid: None,
    })
}

/// Where each scalar of the vertices lies; lists are walked over.
fn vertex_fields(cursor: &mut Cursor, element: &Element) -> Result<Vec<Field>, String> {
    if element.properties.is_empty() {
        return Ok(Vec::new());
    }
    for axis in ["x", "y", "z"] {
        if element
            .properties
            .iter()
            .any(|property| property.name == axis && property.list.is_some())
        {
            return Err(format!("the vertices' {axis} is a list, expected one number"));
        }
    }
    let scalars = element
        .properties
        .iter()
        .enumerate()
        .filter(|(_, property)| property.list.is_none());
    let places: Vec<Place> = if element.has_lists() {
        let mut starts = vec![Vec::with_capacity(element.count); element.properties.len()];
        cursor.walk(element, |property, start| {
            if element.properties[property].list.is_none() {
                starts[property].push(start);
            }
        })?;
        starts.into_iter().map(Place::Scattered).collect()
    } else if cursor.coding == Coding::Text {
        let mut records = Vec::with_capacity(element.count);
        cursor.walk(element, |property, start| {
            if property == 0 {
                records.push(start);
            }
        })?;
        let records = std::sync::Arc::new(records);
        (0..element.properties.len())
            .map(|index| Place::Token {
                records: records.clone(),
                index,
            })
            .collect()
    } else {
        let stride = element.least(cursor.coding);
        let mut first = cursor.at;
        let places = element.properties.iter().map(|property| {
            let place = Place::Strided { first, stride };
            first += property.kind.size();
            place
        });
        let places = places.collect();
        cursor.skip(element)?;
        places
    };
    let field = |(i, property): (usize, &header::Property)| Field {
        name: property.name.clone(),
        kind: property.kind,
        place: places[i].clone(),
    };
    Ok(scalars.map(field).collect())
}

/// Where the vertices of a binary file of `length` bytes lie, told by its first bytes; nothing where they are not all
/// alike, or something that is not stands in front of them.
pub(super) fn records(head: &[u8], length: u64) -> Result<Option<Records>, String> {
    let header = match header::parse(head) {
        Ok(header) if header.coding != Coding::Text => header,
        // A text is read whole; so is what has a longer header, or a broken one, which then says what is wrong.
        _ => return Ok(None),
    };
    let mut start = header.end as u64;
    for element in &header.elements {
        if element.has_lists() {
            return Ok(None);
        }
        let stride = element.least(header.coding);
        let size = (element.count as u64).checked_mul(stride as u64);
        if element.name != "vertex" {
            match size.and_then(|size| start.checked_add(size)) {
                Some(end) => start = end,
                None => return Ok(None),
            }
            continue;
        }
        let place = |axis: &str| {
            let at = element
                .properties
                .iter()
                .position(|property| property.name == axis)?;
            let before = element.properties[..at]
                .iter()
                .map(|property| property.kind.size());
            Some((before.sum(), element.properties[at].kind))
        };
        let (Some(x), Some(y), Some(z)) = (place("x"), place("y"), place("z")) else {
            return Ok(None);
        };
        let fits = size
            .and_then(|size| start.checked_add(size))
            .is_some_and(|end| end <= length);
        return Ok(fits.then_some(Records {
            start,
            stride,
            count: element.count as u64,
            coding: header.coding,
            xyz: [x, y, z],
            grid: None,
        }));
    }
    Ok(None)
}
