//! The options for drawings of the packets.

use std::path::PathBuf;

/// How packets are drawn; options of all commands.
#[derive(clap::Args)]
#[command(next_help_heading = "Drawing")]
pub struct Drawing {
    /// Draw the packets as a ladder diagram on standard error: the client on the left, the server on
    /// the right, the states of their connections beside them
    ///
    /// `serve` draws each row as it happens, a client draws all at its end. Times are those since the
    /// first packet, sequence numbers are relative to the first one, and windows are in bytes. Of a
    /// side that is another program, the states are in parentheses: they follow from the segments.
    /// The drawing is as wide as the terminal; in a file or a pipe, as COLUMNS says, or 80 columns.
    /// NO_COLOR switches colours off. On a TAP or TUN interface it implies --no-offload, so that each
    /// packet is one of the wire.
    #[arg(long, global = true)]
    pub ladder: bool,
    /// Write the ladder diagram into FILE as an SVG picture
    #[arg(long, value_name = "FILE", global = true)]
    pub svg: Option<PathBuf>,
    /// Write the ladder diagram into FILE as JSON, one row on each line
    #[arg(long, value_name = "FILE", global = true)]
    pub ladder_json: Option<PathBuf>,
    /// Say under each arrow what the packet is and why it was sent
    ///
    /// The same is in the JSON, and in the comments of a capture. A sentence with the mark ≈ was
    /// concluded from the packets; what the stack in this program knows has no mark. Without --svg,
    /// --ladder-json and --capture it implies --ladder.
    #[arg(long, global = true)]
    pub explain: bool,
    /// Draw in ASCII only
    #[arg(long, global = true)]
    pub ascii: bool,
}

impl Drawing {
    /// Whether anything is drawn.
    pub fn is_wanted(&self) -> bool {
        self.ladder || self.is_filed()
    }

    /// Whether files are written.
    pub fn is_filed(&self) -> bool {
        self.svg.is_some() || self.ladder_json.is_some()
    }
}

/// The packets that are drawn of a file.
#[derive(clap::Args)]
pub struct Ladder {
    /// The file, pcapng or pcap, of any program; - is standard input, for instance from tcpdump -w -
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print the diagram as JSON, one row on each line
    #[arg(long)]
    pub json: bool,
}
