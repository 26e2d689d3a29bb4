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
    /// In which direction it is wide: the cosine and the sine of the angle.
    along: (f64, f64),
}

impl Turned {
    pub(super) fn new(middle: (f64, f64), width: f64, height: f64, angle: f64) -> Self {
        let (sine, cosine) = angle.sin_cos();
        Self {
            middle,
            width,
            height,
            angle,
            along: (cosine, sine),
        }
    }

    /// In which direction it is high.
    fn across(&self) -> (f64, f64) {
        (-self.along.1, self.along.0)
    }

    /// How far it reaches from its middle in a direction.
    fn reach(&self, direction: (f64, f64)) -> f64 {
        let wide = product(self.along, direction).abs() * self.width;
        let high = product(self.across(), direction).abs() * self.height;
        (wide + high) / 2.0
    }

    /// Whether two rectangles overlap: no line parallel to a side of either is between them.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        const DOWN: (f64, f64) = (0.0, 1.0); // mostly that is enough
        let apart = (
            other.middle.0 - self.middle.0,
            other.middle.1 - self.middle.1,
        );
        let meets = |direction: (f64, f64)| {
            product(apart, direction).abs() < self.reach(direction) + other.reach(direction)
        };
        meets(DOWN)
            && meets(self.along)
            && meets(self.across())
            && meets(other.along)
            && meets(other.across())
    }

    /// Whether a line passes through it.
    pub(super) fn is_crossed(&self, from: (f64, f64), to: (f64, f64)) -> bool {
        // A line is a rectangle without a height.
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        let length = width.hypot(height);
        self.overlaps(&Self {
            middle: ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0),
            width: length,
            height: 0.0,
            angle: 0.0, // not asked for
            along: (width / length.max(1.0), height / length.max(1.0)),
        })
    }
}

/// The scalar product.
fn product(one: (f64, f64), other: (f64, f64)) -> f64 {
    one.0 * other.0 + one.1 * other.1
}

#[cfg(test)]
mod tests {
    use super::Turned;

    fn turned(x: f64, y: f64, degrees: f64) -> Turned {
        Turned::new((x, y), 100.0, 10.0, degrees.to_radians())
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
