//! Choices out of a fuzzer's bytes: when they run out everything is 0.

pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// Plain numbers mostly, and now and then any double.
    pub fn number(&mut self) -> f64 {
        match self.byte() {
            0..=99 => f64::from(self.byte()),
            100..=149 => f64::from(i16::from_le_bytes(self.array())) / 64.0,
            150..=169 => [f64::NAN, f64::INFINITY, -0.0, 5e-324, f64::MAX, 1e30][self.below(6)],
            _ => f64::from_le_bytes(self.array()),
        }
    }

    /// Up to 15 bytes, none of them NUL.
    pub fn text(&mut self) -> Vec<u8> {
        let length = self.below(16);
        (0..length).map(|_| self.byte().max(1)).collect()
    }
}
