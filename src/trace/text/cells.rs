//! A line as cells, each with a character and a colour.

use std::string::String;
use std::vec::Vec;

use anstyle::{AnsiColor, Style as Ansi};

use crate::trace::quote::char_width;
use crate::trace::sides::Side;

/// What a cell shows, which decides on its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Blank,
    Title,
    Time,
    Timeline,
    Line,
    Label,
    Note,
    /// A frame that is lost, repeated by the network or corrupted.
    Bad,
    State,
    Derived,
    Fold,
    Sentence,
}

impl Style {
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        match self {
            Self::Blank | Self::Label => Ansi::new(),
            Self::Title => Ansi::new().bold(),
            Self::Time | Self::Timeline | Self::Fold => Ansi::new().dimmed(),
            Self::Line => colour(AnsiColor::Blue),
            Self::Note => colour(AnsiColor::Yellow),
            Self::Bad => colour(AnsiColor::Red),
            Self::State => colour(AnsiColor::Green),
            Self::Derived => colour(AnsiColor::Green).dimmed(),
            Self::Sentence => colour(AnsiColor::Cyan),
        }
    }
}

/// The cells of a line.
#[derive(Clone, Debug)]
pub(super) struct Cells(Vec<(Option<char>, Style)>);

impl Cells {
    pub(super) fn new(width: usize) -> Self {
        Self(std::vec![(Some(' '), Style::Blank); width])
    }

    /// Whether a cell has this character.
    pub(super) fn has(&self, column: usize, character: char) -> bool {
        self.0
            .get(column)
            .is_some_and(|cell| cell.0 == Some(character))
    }

    /// Puts a character that is one column wide; one that would be outside is left out.
    pub(super) fn put(&mut self, column: usize, character: char, style: Style) {
        if let Some(cell) = self.0.get_mut(column) {
            *cell = (Some(character), style);
        }
    }

    /// Writes a text; what would be outside is left out.
    pub(super) fn write(&mut self, mut column: usize, text: &str, style: Style) {
        for character in text.chars() {
            let width = char_width(character);
            if column + width > self.0.len() {
                return;
            }
            self.put(column, character, style);
            if width == 2 {
                self.0[column + 1] = (None, style);
            }
            column += width;
        }
    }

    pub(super) fn copy(&mut self, column: usize, cells: &Self) {
        for (cell, new) in self.0.iter_mut().skip(column).zip(&cells.0) {
            *cell = *new;
        }
    }

    /// The line, with its end and without blanks in front of it.
    pub(super) fn line(&self, colour: bool) -> String {
        let is_blank = |cell: &(Option<char>, Style)| cell.0 == Some(' ');
        let end = self.0.iter().rposition(|cell| !is_blank(cell));
        let end = end.map_or(0, |last| last + 1);
        let mut line = String::new();
        let mut rest = &self.0[..end];
        while let Some(first) = rest.first() {
            let same = |cell: &(Option<char>, Style)| {
                !colour || cell.1.ansi() == first.1.ansi() || is_blank(cell)
            };
            let length = rest
                .iter()
                .position(|cell| !same(cell))
                .unwrap_or(rest.len());
            let (run, behind) = rest.split_at(length);
            let run: String = run.iter().filter_map(|cell| cell.0).collect();
            let ansi = first.1.ansi();
            if colour && ansi != Ansi::new() {
                line += &std::format!("{ansi}{run}{ansi:#}");
            } else {
                line += &run;
            }
            rest = behind;
        }
        line.push('\n');
        line
    }
}

/// The characters that lines are made of.
pub(super) struct Glyphs {
    pub(super) vertical: char,
    /// A timeline where rows are folded.
    pub(super) folded: char,
    pub(super) horizontal: char,
    pub(super) dashed: char,
    pub(super) wavy: char,
    pub(super) cross: char,
    pub(super) lost: char,
    heads: [char; 2],
    /// Where a line to the left or to the right turns down.
    down: [char; 2],
    /// Where it comes from above.
    up: [char; 2],
}

impl Glyphs {
    pub(super) fn of(ascii: bool) -> &'static Self {
        match ascii {
            true => &ASCII,
            false => &UNICODE,
        }
    }

    /// The head of an arrow to this side.
    pub(super) fn head(&self, to: Side) -> char {
        self.heads[to.index()]
    }

    /// Where a line to this side turns down, or where it comes from above.
    pub(super) fn corner(&self, to: Side, is_down: bool) -> char {
        match is_down {
            true => self.down[to.index()],
            false => self.up[to.index()],
        }
    }
}

const UNICODE: Glyphs = Glyphs {
    vertical: '│',
    folded: '┊',
    horizontal: '─',
    dashed: '╌',
    wavy: '~',
    cross: '┼',
    lost: '✗',
    heads: ['◀', '▶'],
    down: ['╭', '╮'],
    up: ['╯', '╰'],
};

const ASCII: Glyphs = Glyphs {
    vertical: '|',
    folded: ':',
    horizontal: '-',
    dashed: '.',
    wavy: '~',
    cross: '+',
    lost: 'X',
    heads: ['<', '>'],
    down: ['.', '.'],
    up: ['\'', '\''],
};
