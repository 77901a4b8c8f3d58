//! Just enough of reading and writing for the demo: text points in, ascii PLY out and in.

use super::nearest::Point;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Reads an ascii PLY file whose vertices begin with x y z, or plain text with three numbers a line.
pub fn read(path: &Path) -> Result<Vec<Point>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    parse(&bytes).with_context(|| path.display().to_string())
}

fn parse(bytes: &[u8]) -> Result<Vec<Point>> {
    let text = str::from_utf8(bytes).context("not a text file")?;
    let (body, count) = match text.strip_prefix("ply") {
        None => (text, usize::MAX),
        Some(rest) => {
            let (header, body) = rest.split_once("end_header").context("the header has no end")?;
            if !header.contains("format ascii") {
                bail!("not an ascii PLY file");
            }
            let count = header
                .lines()
                .find_map(|line| line.strip_prefix("element vertex ")?.trim().parse().ok());
            (
                body,
                count.context("the header does not say how many vertices follow")?,
            )
        }
    };
    let lines = body
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.take(count).map(point).collect()
}

fn point(line: &str) -> Result<Point> {
    let mut words = line.split_ascii_whitespace();
    let mut point = [0.0; 3];
    for value in &mut point {
        *value = words
            .next()
            .and_then(|word| word.parse().ok())
            .with_context(|| format!("not a point: {line}"))?;
    }
    Ok(point)
}

/// Writes an ascii PLY file of doubles.
pub fn write(path: &Path, points: &[Point]) -> Result<()> {
    let mut text = format!("ply\nformat ascii 1.0\nelement vertex {}\n", points.len());
    text += "property double x\nproperty double y\nproperty double z\nend_header\n";
    for [x, y, z] in points {
        writeln!(text, "{x} {y} {z}")?;
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote_and_plain_text() {
        let path = std::env::temp_dir().join(format!("quietcloud-cloud-{}.ply", std::process::id()));
        let points = vec![[1.5, -2.0, 3e-9], [596_660.123_456_789, 0.1, 7.0]];
        write(&path, &points).unwrap();
        assert_eq!(read(&path).unwrap(), points);
        fs::remove_file(path).unwrap();
        assert_eq!(
            parse(b"# x y z\n1 2 3 255\n\n4 5 6\n").unwrap(),
            [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
        );
        assert!(parse(b"1 2\n").is_err());
    }
}
