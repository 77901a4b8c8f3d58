//! Protobuf's wire format: a message is a list of numbered fields, each a number or a block of bytes.
//!
//! After <https://protobuf.dev/programming-guides/encoding/>. Groups, which ONNX has none of, are refused.

/// What a field holds; numbers of fixed width are of no interest here and stay bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed(&'a [u8]),
}

/// The fields of a message, in their order.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => Value::Fixed(self.take(8)?),
            2 => {
                let length = varint(&mut self.0)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed(self.take(4)?),
            _ => return None,
        };
        (key >> 3 > 0).then_some((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[]; // nothing behind it can be made out
        }
        Some(field.ok_or_else(|| "is no ONNX file: it breaks off, or is something else".into()))
    }
}

/// A number of up to 64 bits, seven at a time, the lowest first.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_their_order() {
        // field 1: 300; field 2: "ab"; field 3: four bytes; field 16: -1
        let message = [
            &[
                0x08, 0xAC, 0x02, 0x12, 2, b'a', b'b', 0x1D, 1, 2, 3, 4, 0x80, 0x01,
            ][..],
            &[255; 9],
            &[1],
        ]
        .concat();
        let fields: Vec<_> = Fields(&message).collect::<Result<_, _>>().unwrap();
        let expected = [
            (1, Value::Number(300)),
            (2, Value::Bytes(b"ab")),
            (3, Value::Fixed(&[1, 2, 3, 4])),
            (16, Value::Number(u64::MAX)),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let whole = [0x08, 0xAC, 0x02, 0x12, 2, b'a', b'b', 0x1D, 1, 2, 3, 4];
        for end in [1, 2, 4, 5, 6, 8, 11] {
            assert!(Fields(&whole[..end]).any(|field| field.is_err()), "{end}");
        }
        for broken in [
            &[0x0B][..],
            &[0x00, 1],
            &[0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            &[255; 12],
        ] {
            assert!(Fields(broken).any(|field| field.is_err()), "{broken:?}");
        }
    }
}
