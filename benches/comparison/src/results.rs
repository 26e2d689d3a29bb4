//! What was measured, of which server, in which run.

use clap::ValueEnum;

use crate::arguments::Kind;
use crate::measures::median;

#[derive(Clone, PartialEq)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub better: Better,
    /// Of how many open connections this is a point of the curve.
    pub connections: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Better {
    More,
    Less,
}

pub struct Sample {
    pub figure: Figure,
    pub kind: Kind,
    pub run: u32,
    /// Or why there is none.
    pub value: Result<f64, String>,
    /// What went wrong beside it, and how often.
    pub failures: Vec<(&'static str, u64)>,
}

#[derive(Default)]
pub struct Results {
    pub samples: Vec<Sample>,
}

impl Results {
    /// All figures, in the order in which they were measured first.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures: Vec<Figure> = Vec::new();
        for sample in &self.samples {
            if !figures.contains(&sample.figure) {
                figures.push(sample.figure.clone());
            }
        }
        figures
    }

    /// The median of the runs in which there was a value.
    pub fn median(&self, figure: &Figure, kind: Kind) -> Option<f64> {
        median(
            self.of(figure, kind)
                .filter_map(|sample| sample.value.clone().ok())
                .collect(),
        )
    }

    /// The least and the greatest value of all runs, if there were several.
    pub fn range(&self, figure: &Figure, kind: Kind) -> Option<(f64, f64)> {
        let values = || {
            self.of(figure, kind)
                .filter_map(|sample| sample.value.clone().ok())
        };
        let range = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        (values().count() > 1).then_some(range)
    }

    /// Whether no server on the kernel's stack is better than this one of them.
    pub fn is_best_reference(&self, figure: &Figure, kind: Kind) -> bool {
        let references = Kind::value_variants()
            .iter()
            .filter(|kind| kind.is_reference());
        let medians = references.filter_map(|kind| self.median(figure, *kind));
        let best = match figure.better {
            Better::More => medians.reduce(f64::max),
            Better::Less => medians.reduce(f64::min),
        };
        kind.is_reference() && best.is_some() && best == self.median(figure, kind)
    }

    /// How many times as good as the best server on the kernel's stack in the same run, whether
    /// more is better or less: the median.
    pub fn ratio(&self, figure: &Figure, kind: Kind) -> Option<f64> {
        let ratios = self.of(figure, kind).filter_map(|sample| {
            let value = sample.value.as_ref().ok()?;
            let reference = self.reference(figure, sample.run)?;
            let ratio = match figure.better {
                Better::More => value / reference,
                Better::Less => reference / value,
            };
            ratio.is_finite().then_some(ratio)
        });
        median(ratios.collect())
    }

    /// What went wrong in all runs together.
    pub fn failures(&self, figure: &Figure, kind: Kind) -> Vec<(&'static str, u64)> {
        let mut sums: Vec<(&'static str, u64)> = Vec::new();
        for (name, count) in self.of(figure, kind).flat_map(|sample| &sample.failures) {
            match sums.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += count,
                None => sums.push((name, *count)),
            }
        }
        sums.retain(|(_, sum)| *sum > 0);
        sums
    }

    /// How many values there are, of one server or of all.
    pub fn measured(&self, kind: Option<Kind>) -> usize {
        let samples = self.samples.iter();
        let samples = samples.filter(|sample| kind.is_none_or(|kind| sample.kind == kind));
        samples.filter(|sample| sample.value.is_ok()).count()
    }

    /// Whether no value of a server is missing.
    pub fn has_all(&self, kind: Kind) -> bool {
        let mut samples = self.samples.iter();
        samples.all(|sample| sample.kind != kind || sample.value.is_ok())
    }

    /// Whether that was to be measured of a server.
    pub fn knows(&self, figure: &Figure, kind: Kind) -> bool {
        self.of(figure, kind).next().is_some()
    }

    /// In how many runs there is no value.
    pub fn missing(&self, figure: &Figure, kind: Kind) -> usize {
        self.of(figure, kind)
            .filter(|sample| sample.value.is_err())
            .count()
    }

    fn of(&self, figure: &Figure, kind: Kind) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.kind == kind && sample.figure == *figure)
    }

    fn reference(&self, figure: &Figure, run: u32) -> Option<f64> {
        let values = self.samples.iter().filter_map(|sample| {
            let counts =
                sample.run == run && sample.kind.is_reference() && sample.figure == *figure;
            sample.value.as_ref().ok().copied().filter(|_| counts)
        });
        match figure.better {
            Better::More => values.reduce(f64::max),
            Better::Less => values.reduce(f64::min),
        }
    }
}
