//! A tensor in an ONNX file: that its numbers are there, and what small integers say.

use super::wire::{Fields, Value, varint};

/// Longest list of integers that is looked at as a shape; ONNX Runtime has no tensors of more dimensions.
const MOST_DIMENSIONS: u64 = 64;

const INT32: u64 = 6;
const INT64: u64 = 7;

/// What matters of a `TensorProto`.
#[derive(Default)]
pub(super) struct Tensor<'a> {
    pub(super) name: &'a [u8],
    kind: u64,
    elements: u64,
    raw: &'a [u8],
    /// Integers that are not raw.
    integers: Vec<i64>,
}

impl<'a> Tensor<'a> {
    /// Reads one and refuses it where its weights lie elsewhere, or are fewer than it says.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Tensor<'a>, String> {
        let mut tensor = Tensor {
            elements: 1,
            ..Tensor::default()
        };
        let (mut held, mut elsewhere) = (0, false);
        for field in Fields(bytes) {
            match field? {
                (1, Value::Number(size)) => tensor.grow(size)?,
                (1, Value::Bytes(mut packed)) => {
                    while !packed.is_empty() {
                        tensor.grow(varint(&mut packed).ok_or("has a tensor with a broken shape")?)?;
                    }
                }
                (2, Value::Number(kind)) => tensor.kind = kind,
                (8, Value::Bytes(name)) => tensor.name = name,
                (13, _) => elsewhere = true,
                (14, Value::Number(location)) => elsewhere |= location != 0,
                // float_data, int32_data, string_data, int64_data, raw_data, double_data, uint64_data: packed or not
                (4..=7 | 9..=11, Value::Fixed(bytes)) => held += bytes.len() as u64,
                (4..=7 | 9..=11, Value::Number(number)) => {
                    held += 1;
                    tensor.integer(number);
                }
                (number @ (4..=7 | 9..=11), Value::Bytes(bytes)) => {
                    held += bytes.len() as u64 + u64::from(number == 6); // a text may be empty
                    match number {
                        9 => tensor.raw = bytes,
                        5 | 7 => tensor.packed(bytes),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        if elsewhere {
            return Err(
                "keeps weights in another file, expected them inside: save it without external data".into(),
            );
        }
        // The shortest numbers have four bits.
        if tensor.elements > 2 * held {
            return Err(format!(
                "has a tensor of {} numbers and {held} bytes for them",
                tensor.elements
            ));
        }
        Ok(tensor)
    }

    fn grow(&mut self, size: u64) -> Result<(), String> {
        let elements = i64::try_from(size)
            .ok()
            .and_then(|_| self.elements.checked_mul(size));
        self.elements = elements.ok_or("has a tensor of a negative or endless size")?;
        Ok(())
    }

    fn integer(&mut self, number: u64) {
        if (self.integers.len() as u64) < MOST_DIMENSIONS {
            self.integers.push(number as i64);
        }
    }

    fn packed(&mut self, mut bytes: &[u8]) {
        while let Some(number) = varint(&mut bytes).filter(|_| (self.integers.len() as u64) < MOST_DIMENSIONS)
        {
            self.integer(number);
        }
    }

    /// Its numbers, where they are few and whole.
    pub(super) fn literal(&self) -> Option<Vec<i64>> {
        if self.elements > MOST_DIMENSIONS {
            return None;
        }
        match self.kind {
            INT32 | INT64 if self.raw.is_empty() => Some(self.integers.clone()),
            INT64 => Some(
                self.raw
                    .as_chunks()
                    .0
                    .iter()
                    .map(|bytes| i64::from_le_bytes(*bytes))
                    .collect(),
            ),
            INT32 => Some(
                self.raw
                    .as_chunks()
                    .0
                    .iter()
                    .map(|bytes| i32::from_le_bytes(*bytes).into())
                    .collect(),
            ),
            _ => None,
        }
    }
}
