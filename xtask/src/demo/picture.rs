//! The before/after picture: two views side by side, a close look at the framed part below.

use super::nearest::Point;
use super::splat::{Camera, Surfels};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

const WIDTH: usize = 1600;
const GAP: usize = 8;
/// Rendered at twice the size and averaged down: smooth outlines.
const SAMPLES: usize = 2;

/// What a scan is best seen with: the whole, and the part to look at closely.
#[derive(Clone, Copy)]
pub struct Views {
    pub whole: Camera,
    pub close: Camera,
    /// Height of each of the two rows in pixels.
    pub rows: [usize; 2],
}

/// Brightness per pixel, 0 to 1, row by row from the top.
struct Canvas {
    height: usize,
    light: Vec<f32>,
}

/// Writes the picture of `before` (left) and `after` (right).
pub fn write(path: &Path, before: &[Point], after: &[Point], views: &Views) -> Result<()> {
    let panel = (WIDTH - GAP) / 2;
    let [top, bottom] = views.rows;
    let height = top + GAP + bottom;
    let mut canvas = Canvas {
        height,
        light: vec![1.0; WIDTH * height],
    };
    for (side, (points, label)) in [(before, "before"), (after, "after")].into_iter().enumerate() {
        let surfels = Surfels::new(points);
        let left = side * (panel + GAP);
        canvas.paste(left, 0, panel, &render(&surfels, &views.whole, panel, top));
        canvas.paste(
            left,
            top + GAP,
            panel,
            &render(&surfels, &views.close, panel, bottom),
        );
        canvas.label(left + 20, 20, label);
        canvas.frame(left, panel, top, views);
    }
    canvas.save(path)
}

fn render(surfels: &Surfels, camera: &Camera, width: usize, height: usize) -> Vec<f32> {
    let fine = surfels.draw(camera, width * SAMPLES, height * SAMPLES);
    let mut coarse = vec![0.0; width * height];
    for (at, sample) in fine.iter().enumerate() {
        let (row, column) = (at / (width * SAMPLES) / SAMPLES, at % (width * SAMPLES) / SAMPLES);
        coarse[row * width + column] += sample.unwrap_or(BACKGROUND) / (SAMPLES * SAMPLES) as f32;
    }
    coarse
}

const BACKGROUND: f32 = 0.93;

impl Canvas {
    fn paste(&mut self, left: usize, top: usize, width: usize, part: &[f32]) {
        for (row, line) in part.chunks(width).enumerate() {
            let start = (top + row) * WIDTH + left;
            self.light[start..start + width].copy_from_slice(line);
        }
    }

    /// A thin line around the part of the whole view that the close view shows.
    fn frame(&mut self, left: usize, width: usize, height: usize, views: &Views) {
        let pixel = views.whole.width / width as f64;
        let [x, y, _] = views.whole.see(&views.close.target);
        let half_width = views.close.width / pixel / 2.0;
        let half_height = half_width * views.rows[1] as f64 / width as f64;
        let (column, row) = (width as f64 / 2.0 + x / pixel, height as f64 / 2.0 - y / pixel);
        for r in 0..height {
            for c in 0..width {
                let (dx, dy) = ((c as f64 - column).abs(), (r as f64 - row).abs());
                let outside = (dx - half_width).max(dy - half_height);
                if (0.0..2.0).contains(&outside) {
                    self.light[r * WIDTH + left + c] = 0.0;
                }
            }
        }
    }

    fn label(&mut self, left: usize, top: usize, text: &str) {
        const SCALE: usize = 4;
        let (width, height) = (text.len() * 6 * SCALE + 2 * SCALE, 11 * SCALE);
        for row in top - 2 * SCALE..top - 2 * SCALE + height {
            let start = row * WIDTH + left - 2 * SCALE;
            self.light[start..start + width + SCALE].fill(1.0);
        }
        for (place, letter) in text.chars().enumerate() {
            for (row, line) in glyph(letter).iter().enumerate() {
                for column in (0..5).filter(|column| line >> (4 - column) & 1 == 1) {
                    for (dy, dx) in (0..SCALE).flat_map(|dy| (0..SCALE).map(move |dx| (dy, dx))) {
                        let x = left + (place * 6 + column) * SCALE + dx;
                        self.light[(top + row * SCALE + dy) * WIDTH + x] = 0.1;
                    }
                }
            }
        }
    }

    /// One byte a pixel and a palette: a third of the size of full colour.
    fn save(&self, path: &Path) -> Result<()> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), WIDTH as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette());
        encoder.set_compression(png::Compression::High);
        let indices: Vec<u8> = self
            .light
            .iter()
            .map(|light| (light * SHADES).round() as u8)
            .collect();
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&indices)?;
        writer.finish()?;
        Ok(())
    }
}

/// The highest index of the palette.
const SHADES: f32 = 63.0;

/// From a blue black over clay to paper white.
fn palette() -> Vec<u8> {
    const STOPS: [(f32, [f32; 3]); 4] = [
        (0.0, [18.0, 24.0, 38.0]),
        (0.45, [120.0, 104.0, 100.0]),
        (0.80, [226.0, 203.0, 180.0]),
        (1.0, [255.0, 255.0, 255.0]),
    ];
    (0..=SHADES as u8)
        .flat_map(|index| {
            let light = f32::from(index) / SHADES;
            let upper = STOPS
                .iter()
                .position(|stop| light <= stop.0)
                .unwrap_or(STOPS.len() - 1)
                .max(1);
            let ((a, from), (b, to)) = (STOPS[upper - 1], STOPS[upper]);
            let t = (light - a) / (b - a);
            [0, 1, 2].map(|channel| (from[channel] + t * (to[channel] - from[channel])).round() as u8)
        })
        .collect()
}

/// The letters of `before` and `after`, five by nine dots, a byte a row.
fn glyph(letter: char) -> [u8; 9] {
    match letter {
        'a' => [0, 0, 0b01110, 0b00001, 0b01111, 0b10001, 0b01111, 0, 0],
        'b' => [
            0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b10001, 0b11110, 0, 0,
        ],
        'e' => [0, 0, 0b01110, 0b10001, 0b11111, 0b10000, 0b01111, 0, 0],
        'f' => [
            0b00110, 0b01001, 0b01000, 0b11110, 0b01000, 0b01000, 0b01000, 0, 0,
        ],
        'o' => [0, 0, 0b01110, 0b10001, 0b10001, 0b10001, 0b01110, 0, 0],
        'r' => [0, 0, 0b10110, 0b11001, 0b10000, 0b10000, 0b10000, 0, 0],
        't' => [
            0b01000, 0b01000, 0b11110, 0b01000, 0b01000, 0b01001, 0b00110, 0, 0,
        ],
        _ => [0; 9],
    }
}
