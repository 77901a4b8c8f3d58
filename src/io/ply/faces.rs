//! The faces of a PLY mesh: polygons or strips of triangles.

use super::header::{self, Element};
use super::records::{Cursor, integer};

/// The polygons of a PLY mesh as lists of vertex indices, empty where the file has none.
pub(in crate::io) fn polygons(bytes: &[u8]) -> Result<Vec<Vec<u64>>, String> {
    let header = header::parse(bytes)?;
    let mut cursor = Cursor::new(bytes, &header);
    for element in &header.elements {
        cursor.check_room(element)?;
        let named = |name: &str| matches!(name, "vertex_indices" | "vertex_index");
        let indices = element
            .properties
            .iter()
            .position(|p| p.list.is_some() && named(&p.name));
        match (element.name.as_str(), indices) {
            ("face", Some(property)) => {
                let lists = lists(&mut cursor, element, property)?;
                return lists
                    .into_iter()
                    .map(|list| list.into_iter().map(vertex).collect())
                    .collect();
            }
            ("tristrips", Some(property)) => return strips(&lists(&mut cursor, element, property)?),
            _ => cursor.skip(element)?,
        }
    }
    Ok(Vec::new())
}

fn vertex(index: i64) -> Result<u64, String> {
    u64::try_from(index).map_err(|_| format!("a face refers to vertex {index}, expected a number from 0 on"))
}

/// Every three neighbours of a strip are a triangle, every second one the other way round; -1 starts a new strip.
fn strips(lists: &[Vec<i64>]) -> Result<Vec<Vec<u64>>, String> {
    let strips = lists.iter().flat_map(|list| list.split(|&index| index == -1));
    let triangles = strips.flat_map(|strip| strip.windows(3).enumerate());
    triangles
        .map(|(i, corners)| {
            let [a, b, c] = if i % 2 == 0 { [0, 1, 2] } else { [1, 0, 2] };
            [a, b, c]
                .into_iter()
                .map(|corner| vertex(corners[corner]))
                .collect()
        })
        .collect()
}

/// One list property of all records.
fn lists(cursor: &mut Cursor, element: &Element, property: usize) -> Result<Vec<Vec<i64>>, String> {
    let (bytes, coding) = (cursor.bytes, cursor.coding);
    let item = element.properties[property].kind;
    let count = element.properties[property].list.unwrap_or(item);
    let mut lists: Vec<Vec<i64>> = Vec::new();
    let (mut left, mut wrong) = (0, None);
    cursor.walk(element, |index, start| {
        if index != property {
            return;
        }
        let value = integer(bytes, coding, if left == 0 { count } else { item }, start);
        match (value, lists.last_mut()) {
            (None, _) => wrong = wrong.or(Some(start)),
            (Some(count), _) if left == 0 => {
                left = count;
                lists.push(Vec::new());
            }
            (Some(index), list) => {
                list.into_iter().for_each(|list| list.push(index));
                left -= 1;
            }
        }
    })?;
    match wrong {
        Some(start) => Err(format!("byte {start}: expected a vertex index, a whole number")),
        None => Ok(lists),
    }
}
