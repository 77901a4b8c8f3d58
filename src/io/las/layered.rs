//! Points of formats 6 to 10: the crate `laz` unpacks all but their GPS times, which [`Times`] unpacks.
//!
//! Which points have a new time is told by the first of the nine layers, among channel, returns, x and y, so that one is
//! followed here too (LASzip 3.4, `LASitemCompressed_POINT14_v3`).

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use laz::DecompressionSelection;
use laz::decoders::ArithmeticDecoder;
use laz::decompressors::{IntegerDecompressor, IntegerDecompressorBuilder};
use laz::models::{ArithmeticModel, ArithmeticModelBuilder};
use laz::record::LayeredFieldDecompressor;

use super::header::u32_at;
use super::times::Times;

/// The layers of a point, of which the first says what changes and the last holds the times.
pub(super) const LAYERS: usize = 9;

/// Where a point keeps its returns, its channel and its time, and the length of all that is packed with them.
const RETURNS: usize = 14;
const FLAGS: usize = 15;
const TIME: std::ops::Range<usize> = 22..30;

/// Scanner channels, each of which is packed by itself.
const CHANNELS: usize = 4;

/// A layer's bytes on their way to symbols.
type Layer = ArithmeticDecoder<Cursor<Vec<u8>>>;

/// The parts of a point that formats 6 to 10 have in common, times included. `P` unpacks all the others.
pub(super) struct Points<P> {
    others: P,
    sizes: [u8; 4 * LAYERS],
    changes: Layer,
    times: Option<Layer>,
    channel: usize,
    channels: [Option<Channel>; CHANNELS],
}

impl<P: Default> Default for Points<P> {
    fn default() -> Self {
        Points {
            others: P::default(),
            sizes: [0; 4 * LAYERS],
            changes: ArithmeticDecoder::new(Cursor::default()),
            times: None,
            channel: 0,
            channels: std::array::from_fn(|_| None),
        }
    }
}

/// What is known of a scanner channel's last point, and of how its next one differs.
struct Channel {
    returns: u8,
    number: u8,
    new_time: bool,
    time: i64,
    times: Times,
    changes: Vec<ArithmeticModel>,
    other_channel: ArithmeticModel,
    /// Of each number that came before.
    returns_after: Vec<ArithmeticModel>,
    number_after: Vec<ArithmeticModel>,
    number_at_same_time: ArithmeticModel,
    x: IntegerDecompressor,
    y: IntegerDecompressor,
}

fn models(count: usize, symbols: u32) -> Vec<ArithmeticModel> {
    let models = std::iter::repeat_with(|| ArithmeticModelBuilder::new(symbols).build());
    models.take(count).collect()
}

impl Channel {
    fn new(returns: u8, number: u8, time: i64) -> Self {
        let numbers = |contexts| {
            IntegerDecompressorBuilder::new()
                .bits(32)
                .contexts(contexts)
                .build_initialized()
        };
        Channel {
            returns,
            number,
            new_time: false,
            time,
            times: Times::new(time, false),
            changes: models(8, 128),
            other_channel: ArithmeticModelBuilder::new(3).build(),
            returns_after: models(16, 16),
            number_after: models(16, 16),
            number_at_same_time: ArithmeticModelBuilder::new(13).build(),
            x: numbers(2),
            y: numbers(22),
        }
    }

    /// Whether the last point is the first or the last one of its pulse, and has a time of its own.
    fn situation(&self) -> usize {
        usize::from(self.number == 1)
            + 2 * usize::from(self.number >= self.returns)
            + 4 * usize::from(self.new_time)
    }

    /// Follows returns, x and y to the next point.
    fn follow(&mut self, changed: u32, layer: &mut Layer) -> io::Result<()> {
        self.new_time = changed & 1 << 4 != 0;
        let last = usize::from(self.number);
        if changed & 1 << 2 != 0 {
            let model = &mut self.returns_after[usize::from(self.returns)];
            self.returns = layer.decode_symbol(model)? as u8;
        }
        self.number = match changed & 3 {
            0 => self.number,
            1 => (self.number + 1) % 16,
            2 => (self.number + 15) % 16,
            _ if self.new_time => layer.decode_symbol(&mut self.number_after[last])? as u8,
            _ => (self.number + 2 + layer.decode_symbol(&mut self.number_at_same_time)? as u8) % 16,
        };
        // Only how many bits x and y take matters, not what they were expected to be.
        let single = u32::from(self.returns == 1);
        self.x.decompress(layer, 0, single)?;
        let context = single + (self.x.k() & !1).min(20);
        self.y.decompress(layer, 0, context)?;
        Ok(())
    }
}

impl<P> Points<P> {
    /// The time of the next point.
    fn time(&mut self) -> io::Result<i64> {
        const OPEN: &str = "a chunk begins with a point, and a point with its channel";
        let channel = self.channels[self.channel].as_mut().expect(OPEN);
        let situation = channel.situation();
        let changed = self.changes.decode_symbol(&mut channel.changes[situation])?;
        if changed & 1 << 6 != 0 {
            let further = 1 + self.changes.decode_symbol(&mut channel.other_channel)? as usize;
            let (returns, number, time) = (channel.returns, channel.number, channel.time);
            self.channel = (self.channel + further) % CHANNELS;
            self.channels[self.channel].get_or_insert_with(|| Channel::new(returns, number, time));
        }
        let channel = self.channels[self.channel].as_mut().expect(OPEN);
        channel.follow(changed, &mut self.changes)?;
        if let (true, Some(layer)) = (channel.new_time, &mut self.times) {
            channel.time = channel.times.next(layer)?;
        }
        Ok(channel.time)
    }

    fn size(&self, layer: usize) -> u64 {
        u64::from(u32_at(&self.sizes, 4 * layer))
    }
}

/// The layer of `size` bytes that `from` stands at.
fn layer<R: Read>(from: &mut R, size: u64) -> io::Result<Layer> {
    let mut bytes = vec![0; size as usize];
    from.read_exact(&mut bytes)?;
    let mut layer = ArithmeticDecoder::new(Cursor::new(bytes));
    layer.read_init_bytes()?;
    Ok(layer)
}

impl<P, R> LayeredFieldDecompressor<R> for Points<P>
where
    R: Read + Seek,
    P: LayeredFieldDecompressor<R> + for<'a> LayeredFieldDecompressor<Cursor<&'a [u8]>>,
{
    fn size_of_field(&self) -> usize {
        TIME.end
    }

    fn set_selection(&mut self, selection: DecompressionSelection) {
        LayeredFieldDecompressor::<R>::set_selection(&mut self.others, selection.skip_gps_time());
    }

    fn init_first_point(&mut self, from: &mut R, point: &mut [u8], context: &mut usize) -> io::Result<()> {
        self.others.init_first_point(from, point, context)?;
        let time = i64::from_le_bytes(std::array::from_fn(|i| point[TIME.start + i]));
        self.channel = usize::from(point[FLAGS] >> 4 & 3);
        self.channels = std::array::from_fn(|_| None);
        let (returns, number) = (point[RETURNS] >> 4, point[RETURNS] & 15);
        self.channels[self.channel] = Some(Channel::new(returns, number, time));
        Ok(())
    }

    fn decompress_field_with(&mut self, point: &mut [u8], context: &mut usize) -> io::Result<()> {
        let time = self.time()?;
        LayeredFieldDecompressor::<R>::decompress_field_with(&mut self.others, point, context)?;
        point[TIME].copy_from_slice(&time.to_le_bytes());
        Ok(())
    }

    fn read_layers_sizes(&mut self, from: &mut R) -> io::Result<()> {
        from.read_exact(&mut self.sizes)?;
        self.others.read_layers_sizes(&mut Cursor::new(&self.sizes[..]))
    }

    fn read_layers(&mut self, from: &mut R) -> io::Result<()> {
        let start = from.stream_position()?;
        self.changes = layer(from, self.size(0))?;
        self.times = match self.size(LAYERS - 1) {
            // No point has another time than the first one.
            0 => None,
            size => {
                let before: u64 = (0..LAYERS - 1).map(|layer| self.size(layer)).sum();
                from.seek(SeekFrom::Start(start + before))?;
                Some(layer(from, size)?)
            }
        };
        from.seek(SeekFrom::Start(start))?;
        self.others.read_layers(from)
    }
}
