//! LASzip's points there and back, packed by the crate `laz`.

use std::io::Cursor;

use laz::LasZipCompressor;
use laz::laszip::{LazItem, LazItemRecordBuilder, LazVlrBuilder};

use super::unpack::Unpacker;

/// Numbers below `below`, the same each time (SplitMix64).
fn draws(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = seed;
        x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ x >> 31) % below
    }
}

/// Times of four devices that take turns, each with its own rhythm, pauses, leaps and steps back.
fn times(count: usize, random: &mut impl FnMut(u64) -> u64) -> Vec<i64> {
    let mut clocks = [
        0x4142_0000_0000_0000,
        0x41f2_3456_0000_0000,
        0x3fe0_0000_0000_0000,
        -77_i64,
    ];
    let (mut device, mut rhythm) = (0, 1000);
    let mut times = Vec::new();
    for _ in 0..count {
        if random(9) == 0 {
            device = random(4) as usize;
        }
        if random(40) == 0 {
            rhythm = 1 + random(100_000) as i64;
        }
        let (near, far) = (random(12) as i64, random(600) as i64);
        clocks[device] += match random(12) {
            0..2 => 0,
            2..6 => rhythm,
            6 => rhythm * near,
            7 => rhythm * far,
            8 => -rhythm * near,
            9 => rhythm / 5,
            10 => 1 << 40,
            _ => rhythm + near,
        };
        times.push(clocks[device]);
    }
    times
}

/// Records of a point format with times, and where those stand.
fn points(format: u8, extra: u16, count: usize) -> (Vec<LazItem>, Vec<u8>) {
    let items = LazItemRecordBuilder::default_for_point_format_id(format, extra).unwrap();
    let stride: usize = items.iter().map(|item| usize::from(item.size())).sum();
    let mut random = draws(format.into());
    let mut records = vec![0; count * stride];
    let times = times(count, &mut random);
    for (record, time) in records.chunks_exact_mut(stride).zip(times) {
        record.iter_mut().for_each(|byte| *byte = random(3) as u8);
        let at = if format < 6 {
            record[14] = (1 + random(5) as u8) | (5 << 3);
            20
        } else {
            let returns = 1 + random(15) as u8;
            record[14] = (1 + random(u64::from(returns)) as u8) | returns << 4;
            record[15] = (random(4) as u8) << 4;
            22
        };
        record[at..at + 8].copy_from_slice(&time.to_le_bytes());
    }
    (items, records)
}

#[test]
fn packed_points_come_back_in_every_version_and_way_of_packing() {
    let versions = |format: u8, items: Vec<LazItem>| match format {
        1 | 3 => vec![items, LazItemRecordBuilder::version_1_of::<laz::las::Point1>(3)],
        _ => vec![items, LazItemRecordBuilder::version_4_of::<laz::las::Point6>(3)],
    };
    for format in [1, 3, 6, 7, 8] {
        let (items, records) = points(format, 3, 5000);
        let stride: usize = items.iter().map(|item| usize::from(item.size())).sum();
        let others = if matches!(format, 1 | 6) {
            versions(format, items)
        } else {
            vec![items]
        };
        for items in others {
            for chunk in [None, Some(1), Some(777)] {
                let what = format!(
                    "format {format}, version {}, chunks {chunk:?}",
                    items[0].version()
                );
                let builder = LazVlrBuilder::new(items.clone());
                let packing = match chunk {
                    Some(points) => builder.with_fixed_chunk_size(points).build(),
                    None => builder.with_variable_chunk_size().build(),
                };
                let records = &records[..stride * if chunk == Some(1) { 50 } else { 5000 }];
                let mut packer = LasZipCompressor::new(Cursor::new(Vec::new()), packing.clone()).unwrap();
                for part in records.chunks(stride * 1234) {
                    packer.compress_many(part).unwrap();
                    if chunk.is_none() {
                        packer.finish_current_chunk().unwrap();
                    }
                }
                packer.done().unwrap();
                let packed = packer.into_inner().into_inner();
                let mut unpacker =
                    Unpacker::new(Cursor::new(&packed), packing, (records.len() / stride) as u64).unwrap();
                let mut unpacked = vec![0; records.len()];
                unpacker.unpack(&mut unpacked).unwrap();
                assert!(unpacked == records, "{what}");
            }
        }
    }
}

/// Read in smaller chunks than it was packed in, a file would end long before its points do, and what lies behind it would be
/// taken for the sizes of layers.
#[test]
fn chunks_of_another_size_than_the_files_are_refused_before_anything_is_unpacked() {
    let (items, records) = points(6, 0, 100);
    let packing = |points| {
        LazVlrBuilder::new(items.clone())
            .with_fixed_chunk_size(points)
            .build()
    };
    let mut packer = LasZipCompressor::new(Cursor::new(Vec::new()), packing(50)).unwrap();
    packer.compress_many(&records).unwrap();
    packer.done().unwrap();
    let packed = packer.into_inner().into_inner();
    assert!(Unpacker::new(Cursor::new(&packed), packing(50), 100).is_ok());
    let error = Unpacker::new(Cursor::new(&packed), packing(10), 100)
        .err()
        .unwrap();
    assert!(error.to_string().contains("truncated"), "{error}");
}
