//! New inputs out of old ones: bits, bytes, blocks, numbers and words change.

/// The largest input; what breaks a parser is mostly small.
const MOST: usize = 1 << 16;

/// Numbers at the edges of types, as a text has them.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "1e308",
    "nan",
];

/// Bytes at the edges of types.
const EDGES: [u8; 8] = [0, 1, 0x7F, 0x80, 0xFF, b'\n', b' ', b'0'];

pub struct Mutator(u64);

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64, by Guy Steele and others.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A place in `bytes` and a length from there: short ones mostly.
    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len() + 1);
        let most = if self.below(4) == 0 { bytes.len() } else { 8 };
        start..bytes.len().min(start + self.below(most + 1))
    }

    /// A mutation of one of the inputs.
    pub fn input(&mut self, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..1 + self.below(5) {
            self.change(&mut input, corpus, words);
            input.truncate(MOST);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
        let at = self.below(input.len());
        let kind = self.below(10);
        match kind {
            0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
            1 if !input.is_empty() => input[at] = self.next() as u8,
            2 if !input.is_empty() => input[at] = EDGES[self.below(EDGES.len())],
            3 => {
                let range = self.range(input);
                input.drain(range);
            }
            4 => input.truncate(at),
            5 => {
                let block = input[self.range(input)].to_vec();
                input.splice(at..at, block);
            }
            6 => {
                let other = &corpus[self.below(corpus.len())];
                let block = other[self.range(other)].to_vec();
                let range = self.range(input);
                input.splice(range, block);
            }
            7 => self.number(input),
            8 if !words.is_empty() => {
                let word = words[self.below(words.len())];
                let end = if self.below(2) == 0 {
                    at
                } else {
                    input.len().min(at + word.len())
                };
                input.splice(at..end, word.bytes());
            }
            _ => {
                let noise: Vec<u8> = (0..self.below(9)).map(|_| self.next() as u8).collect();
                input.splice(at..at, noise);
            }
        }
    }

    /// Replaces a run of digits by another number.
    fn number(&mut self, input: &mut Vec<u8>) {
        let from = self.below(input.len());
        let Some(start) = (from..input.len()).find(|&at| input[at].is_ascii_digit()) else {
            return;
        };
        let end = (start..input.len())
            .find(|&at| !input[at].is_ascii_digit())
            .unwrap_or(input.len());
        let number = NUMBERS[self.below(NUMBERS.len())];
        input.splice(start..end, number.bytes());
    }
}
