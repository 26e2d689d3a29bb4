//! The labels of a picture, read from its text: where they are, and how long.

use unicode_width::UnicodeWidthStr;

/// How wide a character of a label is, and how high, in pixels: the font has 12.5, and most fixed
/// fonts are 0.6 of that wide.
const WIDTH: f64 = 7.525;
const HEIGHT: f64 = 12.5;

#[derive(Debug)]
struct Label {
    /// The corners.
    corners: [(f64, f64); 4],
    angle: f64,
    text: String,
}

/// Fails if labels overlap, or if anything is outside of the picture.
#[track_caller]
pub fn check(name: &str, picture: &str, width: u32) {
    let labels: Vec<Label> = picture.lines().filter_map(label).collect();
    for (index, label) in labels.iter().enumerate() {
        for (x, y) in label.corners {
            let is_inside = (0.0..=f64::from(width)).contains(&x) && y > 0.0;
            assert!(is_inside, "{name} at {width}: {label:?}");
        }
        for other in &labels[..index] {
            assert!(
                !overlap(label, other),
                "{name} at {width}: {} overlaps {}",
                label.text,
                other.text
            );
        }
    }
}

fn label(line: &str) -> Option<Label> {
    let is_label = ["<text class=\"label\"", "<text class=\"fold\""]
        .iter()
        .any(|start| line.starts_with(start));
    if !is_label {
        return None;
    }
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\""))?;
        Some(rest.split_once('"')?.0)
    };
    let number = |name: &str| value(name)?.parse::<f64>().ok();
    let (x, y) = (number("x")?, number("y")?);
    let angle = value("transform").map_or(0.0, |turn| {
        let turn = turn.strip_prefix("rotate(").expect("a turn");
        turn.split(' ').next().unwrap().parse::<f64>().unwrap()
    });
    let mut text = String::new();
    for piece in line.split('<').skip(1) {
        text += piece.split_once('>').expect("a tag").1;
    }
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    let wide = text.width() as f64 * WIDTH;
    let left = match value("text-anchor")? {
        "start" => 0.0,
        "middle" => -wide / 2.0,
        _ => -wide,
    };
    let (sine, cosine) = angle.to_radians().sin_cos();
    let corners = [(0.0, -0.8), (1.0, -0.8), (1.0, 0.2), (0.0, 0.2)].map(|(part, up)| {
        let (across, down) = (left + wide * part, HEIGHT * up);
        (
            x + across * cosine - down * sine,
            y + across * sine + down * cosine,
        )
    });
    Some(Label {
        corners,
        angle: angle.to_radians(),
        text,
    })
}

fn overlap(one: &Label, other: &Label) -> bool {
    [one.angle, other.angle].iter().all(|angle| {
        let (sine, cosine) = angle.sin_cos();
        [(cosine, sine), (-sine, cosine)].iter().all(|(x, y)| {
            let extent = |label: &Label| {
                let along = label.corners.map(|corner| corner.0 * x + corner.1 * y);
                let low = along.iter().copied().fold(f64::INFINITY, f64::min);
                let high = along.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                (low, high)
            };
            let ((low, high), (other_low, other_high)) = (extent(one), extent(other));
            low < other_high && other_low < high
        })
    })
}
