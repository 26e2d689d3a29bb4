//! The cost of a round trip against the number of open connections, as a drawing.

use std::fmt::{self, Write};

use crate::arguments::Kind;
use crate::results::{Figure, Results};
use crate::tasks::ROUND_TRIP;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Where the axes are.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 360.0;

/// A logarithmic axis: whole decades, and where they are on the drawing.
struct Axis {
    from: f64,
    to: f64,
    first: i32,
    last: i32,
}

impl Axis {
    fn new(from: f64, to: f64, values: impl Iterator<Item = f64> + Clone) -> Self {
        let smallest = values.clone().fold(f64::INFINITY, f64::min);
        let largest = values.fold(0.0, f64::max);
        let first = smallest.log10().floor() as i32;
        let last = (largest.log10().ceil() as i32).max(first + 1);
        Self {
            from,
            to,
            first,
            last,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        self.from + part * (self.to - self.from)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        (self.first..=self.last).map(|power| 10f64.powi(power))
    }
}

/// An SVG; nothing if there are no two points to draw a line between.
pub fn svg(results: &Results, kinds: &[Kind]) -> Result<Option<String>, fmt::Error> {
    let lines: Vec<(Kind, Vec<(f64, f64)>)> = kinds
        .iter()
        .map(|kind| (*kind, points(results, *kind)))
        .filter(|(_, points)| points.len() > 1)
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let points = || lines.iter().flat_map(|(_, points)| points);
    let across = Axis::new(LEFT, RIGHT, points().map(|point| point.0));
    let up = Axis::new(BOTTOM, TOP, points().map(|point| point.1));
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n\
         <title>Round trip against the number of open connections</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Round trip of a line, µs (median)</text>\n\
         <text x=\"{RIGHT}\" y=\"{}\" text-anchor=\"end\">open connections</text>",
        BOTTOM + 42.0,
    )?;
    grid(&mut svg, &across, &up)?;
    let mut labels = Vec::new();
    for (kind, points) in &lines {
        let (color, stroke) = style(*kind);
        let mut places = points.iter().map(|(x, y)| (across.place(*x), up.place(*y)));
        let path: String = places
            .clone()
            .map(|(x, y)| format!("{x:.1},{y:.1} "))
            .collect();
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{stroke}\"/>",
            path.trim_end()
        )?;
        for (x, y) in places.clone() {
            writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>"
            )?;
        }
        labels.extend(places.next_back().map(|(_, y)| (y, color, kind.title())));
    }
    // Each beside the end of its line, none upon another.
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = 0.0;
    for (y, color, title) in labels {
        free = f64::max(free + 16.0, y + 4.0);
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{free:.1}\" fill=\"{color}\">{title}</text>",
            RIGHT + 12.0
        )?;
    }
    svg.push_str("</svg>\n");
    Ok(Some(svg))
}

fn points(results: &Results, kind: Kind) -> Vec<(f64, f64)> {
    let mut figures = results.figures();
    figures.retain(|figure| figure.connections.is_some() && figure.name == ROUND_TRIP.0);
    figures.sort_by_key(|figure| figure.connections);
    let point = |figure: &Figure| {
        let connections = figure.connections?;
        Some((connections as f64, results.median(figure, kind)?))
    };
    figures.iter().filter_map(point).collect()
}

fn grid(svg: &mut String, across: &Axis, up: &Axis) -> fmt::Result {
    for value in across.decades() {
        let x = across.place(value);
        writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{value}</text>",
            BOTTOM + 20.0,
        )?;
    }
    for value in up.decades() {
        let y = up.place(value);
        writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            LEFT - 8.0,
            y + 4.0,
        )?;
    }
    Ok(())
}

/// The color of a line and its width. Ours is the one to look at.
fn style(kind: Kind) -> (&'static str, u8) {
    match kind {
        Kind::Ours => ("#c1272d", 3),
        Kind::Plain => ("#cc79a7", 2),
        Kind::Threads => ("#0072b2", 2),
        Kind::Epoll => ("#56b4e9", 2),
        Kind::Ring => ("#004466", 2),
        Kind::Tap | Kind::TapCopies => ("#555555", 2),
        Kind::Python => ("#999999", 2),
        Kind::Smoltcp => ("#009e73", 2),
        Kind::Embassy => ("#e69f00", 2),
    }
}
