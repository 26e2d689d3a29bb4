//! Rectangles and lines in the plane.

/// A rectangle that is not turned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Box {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A rectangle that is turned around its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Turned {
    pub(super) middle: (f64, f64),
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) angle: f64,
}

impl Turned {
    fn corners(&self) -> [(f64, f64); 4] {
        let (sine, cosine) = self.angle.sin_cos();
        let (width, height) = (self.width / 2.0, self.height / 2.0);
        [
            (-width, -height),
            (width, -height),
            (width, height),
            (-width, height),
        ]
        .map(|(x, y)| {
            (
                self.middle.0 + x * cosine - y * sine,
                self.middle.1 + x * sine + y * cosine,
            )
        })
    }

    /// Whether two rectangles overlap: no line parallel to a side of either is between them.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (own, others) = (self.corners(), other.corners());
        [self.angle, other.angle].iter().all(|angle| {
            let (sine, cosine) = angle.sin_cos();
            [(cosine, sine), (-sine, cosine)].iter().all(|axis| {
                let (low, high) = extent(&own, *axis);
                let (other_low, other_high) = extent(&others, *axis);
                low < other_high && other_low < high
            })
        })
    }

    /// Whether a line passes through it.
    pub(super) fn is_crossed(&self, from: (f64, f64), to: (f64, f64)) -> bool {
        // A line is a rectangle without a height.
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        self.overlaps(&Self {
            middle: ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0),
            width: width.hypot(height),
            height: 0.0,
            angle: height.atan2(width),
        })
    }
}

/// From where to where points are, in this direction.
fn extent(points: &[(f64, f64)], axis: (f64, f64)) -> (f64, f64) {
    let along = points.iter().map(|(x, y)| x * axis.0 + y * axis.1);
    along.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

#[cfg(test)]
mod tests {
    use super::Turned;

    fn turned(x: f64, y: f64, degrees: f64) -> Turned {
        Turned {
            middle: (x, y),
            width: 100.0,
            height: 10.0,
            angle: degrees.to_radians(),
        }
    }

    #[test]
    fn rectangles_overlap_or_not() {
        let middle = turned(0.0, 0.0, 0.0);
        assert!(middle.overlaps(&turned(0.0, 9.0, 0.0)));
        assert!(!middle.overlaps(&turned(0.0, 11.0, 0.0)));
        assert!(middle.overlaps(&turned(0.0, 11.0, 45.0)));
        // Parallel ones, of which the upright boxes overlap.
        assert!(!turned(0.0, 0.0, 30.0).overlaps(&turned(0.0, 13.0, 30.0)));
    }

    #[test]
    fn a_line_crosses_a_rectangle_or_not() {
        let middle = turned(0.0, 0.0, 0.0);
        assert!(middle.is_crossed((-60.0, -20.0), (60.0, 20.0)));
        assert!(!middle.is_crossed((-60.0, 6.0), (60.0, 6.0)));
    }
}
