//! One number as it stands in a file: its type, its bytes and its text.

/// The type of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

/// How a file spells numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Text,
    Little,
    Big,
}

impl Kind {
    /// Bytes of one binary number.
    pub(super) const fn size(self) -> usize {
        match self {
            Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 => 8,
        }
    }

    pub(super) const fn is_float(self) -> bool {
        matches!(self, Kind::F32 | Kind::F64)
    }

    /// The number in the first [`Kind::size`] little-endian bytes; 64-bit integers round to 53 bits.
    pub(super) fn get(self, bytes: [u8; 8]) -> f64 {
        let [a, b, c, d, ..] = bytes;
        match self {
            Kind::I8 => i8::from_le_bytes([a]).into(),
            Kind::U8 => a.into(),
            Kind::I16 => i16::from_le_bytes([a, b]).into(),
            Kind::U16 => u16::from_le_bytes([a, b]).into(),
            Kind::I32 => i32::from_le_bytes([a, b, c, d]).into(),
            Kind::U32 => u32::from_le_bytes([a, b, c, d]).into(),
            Kind::I64 => i64::from_le_bytes(bytes) as f64,
            Kind::U64 => u64::from_le_bytes(bytes) as f64,
            Kind::F32 => f32::from_le_bytes([a, b, c, d]).into(),
            Kind::F64 => f64::from_le_bytes(bytes),
        }
    }

    /// The nearest number this type can hold, little-endian; integers round and saturate, finite stays finite.
    pub(super) fn put(self, value: f64) -> [u8; 8] {
        let mut bytes = [0; 8];
        macro_rules! set {
            ($number:expr) => {{
                let le = $number.to_le_bytes();
                bytes[..le.len()].copy_from_slice(&le);
            }};
        }
        match self {
            Kind::I8 => set!(value.round() as i8),
            Kind::U8 => set!(value.round() as u8),
            Kind::I16 => set!(value.round() as i16),
            Kind::U16 => set!(value.round() as u16),
            Kind::I32 => set!(value.round() as i32),
            Kind::U32 => set!(value.round() as u32),
            Kind::I64 => set!(value.round() as i64),
            Kind::U64 => set!(value.round() as u64),
            Kind::F32 => set!(narrow(value)),
            Kind::F64 => set!(value),
        }
        bytes
    }

    /// Appends the shortest text that reads back as the same number of this type.
    pub(super) fn print(self, bytes: [u8; 8], out: &mut Vec<u8>) {
        use std::io::Write;
        let written = match self {
            Kind::I64 => write!(out, "{}", i64::from_le_bytes(bytes)),
            Kind::U64 => write!(out, "{}", u64::from_le_bytes(bytes)),
            Kind::F32 | Kind::F64 => {
                let value = self.get(bytes);
                // Display never uses an exponent, Debug does outside of 1e-5..1e16 but writes "1.0" for 1
                let plain = value == 0.0 || (1e-5..1e16).contains(&value.abs());
                match (self, value.is_finite(), plain) {
                    (_, false, _) if value.is_nan() => write!(out, "nan"),
                    (_, false, _) => write!(out, "{}", if value > 0.0 { "inf" } else { "-inf" }),
                    (Kind::F32, _, true) => write!(out, "{}", value as f32),
                    (Kind::F32, _, false) => write!(out, "{:e}", value as f32),
                    (_, _, true) => write!(out, "{value}"),
                    (_, _, false) => write!(out, "{value:e}"),
                }
            }
            _ => write!(out, "{}", self.get(bytes)),
        };
        written.expect("writing to memory can't fail");
    }

    /// The number that a text means, in this type, little-endian.
    pub(super) fn parse(self, token: &[u8]) -> Option<[u8; 8]> {
        let text = std::str::from_utf8(token).ok()?;
        match self {
            // beyond 53 bits a detour through f64 would lose digits
            Kind::I64 => text.parse::<i64>().ok().map(i64::to_le_bytes),
            Kind::U64 => text.parse::<u64>().ok().map(u64::to_le_bytes),
            _ => number(token).map(|value| self.put(value)),
        }
    }
}

/// The nearest f32, except that a finite number never becomes infinite.
pub(super) fn narrow(value: f64) -> f32 {
    if value.is_finite() {
        value.clamp(f32::MIN.into(), f32::MAX.into()) as f32
    } else {
        value as f32
    }
}

/// The number that a text means, with C's and Microsoft's spellings of NaN and infinity.
pub(super) fn number(token: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(token).ok()?;
    text.parse().ok().or_else(|| {
        let unsigned = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
        let special = match unsigned.as_str() {
            "1.#inf" => f64::INFINITY,
            "1.#qnan" | "1.#snan" | "1.#ind" | "nan(ind)" | "nan(snan)" => f64::NAN,
            _ => return None,
        };
        Some(if text.starts_with('-') { -special } else { special })
    })
}

/// Whether a text says more than an f32 holds: rounding to f32 changes it by more than half of its last digit.
///
/// Files that declare `float` and still print metres of a UTM grid with millimetres are common.
pub(super) fn exceeds_f32(token: &[u8], value: f64) -> bool {
    if !value.is_finite() || f64::from(narrow(value)) == value {
        return false;
    }
    let mantissa = token
        .split(|c| c.eq_ignore_ascii_case(&b'e'))
        .next()
        .unwrap_or_default();
    let decimals = mantissa.iter().rev().position(|&c| c == b'.').unwrap_or(0) as i32;
    let exponent = token
        .get(mantissa.len() + 1..)
        .and_then(|e| std::str::from_utf8(e).ok())
        .map_or(Some(0), |e| e.parse::<i32>().ok())
        .unwrap_or(0);
    let half_digit = 0.5 * 10f64.powi(exponent.saturating_sub(decimals));
    // the shortest text of an f32 lies up to half a digit off, and that half digit is itself rounded
    (value - f64::from(narrow(value))).abs() > 1.001 * half_digit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(kind: Kind, value: f64) -> String {
        let mut out = Vec::new();
        kind.print(kind.put(value), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_the_shortest_that_reads_back() {
        assert_eq!(printed(Kind::F32, 0.1), "0.1");
        assert_eq!(printed(Kind::F64, 4_912_345.678_901), "4912345.678901");
        assert_eq!(printed(Kind::F64, 0.1 + 0.2), "0.30000000000000004");
        assert_eq!(printed(Kind::F64, 1e-30), "1e-30");
        assert_eq!(printed(Kind::F32, -2.5e20), "-2.5e20");
        assert_eq!(printed(Kind::F64, -0.0), "-0");
        assert_eq!(printed(Kind::F64, f64::NAN), "nan");
        assert_eq!(printed(Kind::F64, f64::NEG_INFINITY), "-inf");
        assert_eq!(printed(Kind::U64, 255.0), "255");
        for value in [1.0 / 3.0, 6.02e23, 5e-324, f64::MAX, 123_456.789e-9] {
            assert_eq!(number(printed(Kind::F64, value).as_bytes()), Some(value));
            let narrow = value as f32;
            if narrow.is_finite() {
                assert_eq!(printed(Kind::F32, value).parse::<f32>().unwrap(), narrow);
            }
        }
    }

    #[test]
    fn numbers_saturate_and_round() {
        assert_eq!(Kind::I16.get(Kind::I16.put(-1.5)), -2.0);
        assert_eq!(Kind::U8.get(Kind::U8.put(-7.0)), 0.0);
        assert_eq!(Kind::I8.get(Kind::I8.put(1e9)), 127.0);
        assert_eq!(Kind::F32.get(Kind::F32.put(1e300)), f64::from(f32::MAX));
        assert_eq!(Kind::F32.get(Kind::F32.put(f64::INFINITY)), f64::INFINITY);
        assert_eq!(
            Kind::I64.parse(b"9007199254740993"),
            Some(9_007_199_254_740_993i64.to_le_bytes())
        );
    }

    #[test]
    fn special_spellings_are_numbers() {
        assert!(number(b"-nan").unwrap().is_nan() && number(b"1.#QNAN").unwrap().is_nan());
        assert!(number(b"-nan(ind)").unwrap().is_nan());
        assert_eq!(number(b"-1.#INF"), Some(f64::NEG_INFINITY));
        assert_eq!(number(b"-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(number(b"+1.5e3"), Some(1500.0));
        assert_eq!(number(b"0x10"), None);
        assert_eq!(number(b"\xff"), None);
    }

    #[test]
    fn wide_text_is_told_from_narrow() {
        let wide = |text: &str| exceeds_f32(text.as_bytes(), text.parse().unwrap());
        assert!(wide("4912345.67") && wide("0.12345678901") && wide("1.23456789012e-7"));
        assert!(!wide("0.1") && !wide("4912345.5") && !wide("nan") && !wide("1e-3"));
        for narrow in [0.1f32, 1.0 / 3.0, 437_221.13, 1.234_567_9e-7] {
            assert!(!wide(&format!("{narrow}")) && !wide(&format!("{narrow:e}")));
        }
    }
}
