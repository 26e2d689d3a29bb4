//! What the firmware may take: the table in `budget.txt`, and whether a measurement keeps to it.

use std::fmt;
use std::path::Path;
use std::{env, fs};

/// Another budget file, to see that a lower one is noticed.
const FILE: &str = "FOOTPRINT_BUDGET";

/// One measurement, or what it may be at most.
#[derive(Clone, Copy)]
pub struct Footprint {
    /// Flash, static RAM and peak stack, in bytes; instructions per byte of ASCII text and of mixed
    /// text.
    pub quantities: [f64; 5],
}

const NAMES: [&str; 5] = [
    "flash",
    "static RAM",
    "peak stack",
    "instructions per byte of ASCII text",
    "instructions per byte of mixed text",
];

/// In the columns of the budget's table.
impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [flash, ram, stack, ascii, mixed] = self.quantities;
        write!(f, "{flash} | {ram} | {stack} | {ascii:.1} | {mixed:.1}")
    }
}

pub struct Budget {
    file: String,
    rows: Vec<Row>,
}

struct Row {
    /// What its version begins with, or `other`.
    compiler: String,
    variant: String,
    most: Footprint,
}

impl Budget {
    /// Reads the table. A line that is not one of it is a mistake, and never passed over.
    pub fn read() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boards/budget.txt");
        let file = env::var_os(FILE).map_or(own, Into::into);
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("the budget {}: {error}", file.display()));
        let lines = text.lines().filter(|line| line.starts_with('|'));
        let rows = lines.skip(2).map(|line| {
            Row::read(line).unwrap_or_else(|| panic!("{}: what is {line:?}?", file.display()))
        });
        Self {
            file: file.display().to_string(),
            rows: rows.collect(),
        }
    }

    /// Compares, and says what is too much and what else the reader has to know.
    pub fn check(&self, board: &str, compiler: &str, variant: &str, found: Footprint) -> Verdict {
        let of_variant = || self.rows.iter().filter(|row| row.variant == variant);
        let row_for = |compiler: &str| of_variant().find(|row| row.compiler == compiler);
        let mut verdict = Verdict::default();
        let version = compiler.split(' ').nth(2).unwrap_or_default();
        let release = version.rsplit_once('.').map_or(version, |(first, _)| first);
        let Some(row) = row_for(release).or_else(|| row_for("other")) else {
            let missing = format!("{board}, {variant}: {} has no row for it", self.file);
            verdict.failures.push(missing);
            return verdict;
        };
        if row.compiler != release {
            let mut remark = format!(
                "{board}, {variant}: {} has no row for {compiler}; it is held to those of `other`",
                self.file
            );
            for row in of_variant().filter(|row| row.compiler != "other") {
                let [flash, ram, stack, ascii, mixed] =
                    std::array::from_fn(|i| found.quantities[i] - row.most.quantities[i]);
                remark += &format!(
                    ". Beside those of {}: {flash:+} | {ram:+} | {stack:+} | {ascii:+.1} | {mixed:+.1}",
                    row.compiler
                );
            }
            verdict.remarks.push(remark);
        }
        let quantities = found.quantities.iter().zip(row.most.quantities);
        for (name, (found, most)) in NAMES.iter().zip(quantities) {
            // As the table shows them.
            let found = (found * 10.0).round() / 10.0;
            if found > most {
                verdict.failures.push(format!(
                    "{board}, {variant}: {name} is {found}, more than the {most} that {} allows",
                    self.file
                ));
            }
        }
        verdict
    }
}

impl Row {
    fn read(line: &str) -> Option<Self> {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let compiler = cells.next()?.to_owned();
        let variant = format!("{} | {}", cells.next()?, cells.next()?);
        let numbers: Vec<f64> = cells.map(|cell| cell.parse().ok()).collect::<Option<_>>()?;
        Some(Self {
            compiler,
            variant,
            most: Footprint {
                quantities: numbers.try_into().ok()?,
            },
        })
    }
}

#[derive(Default)]
pub struct Verdict {
    /// A sentence for each quantity that is more than its budget.
    pub failures: Vec<String>,
    pub remarks: Vec<String>,
}
