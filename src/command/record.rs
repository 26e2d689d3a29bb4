//! The options for what is recorded.

use std::path::PathBuf;

/// What is recorded; options of all commands.
#[derive(clap::Args)]
#[command(next_help_heading = "Recording")]
pub struct Record {
    /// Write the frames that this program sends and receives into FILE, for Wireshark or tcpdump
    ///
    /// The format is pcapng, with the name of the interface and the direction of each frame. An
    /// existing FILE is replaced. Each frame is written at once, so FILE is complete whenever the
    /// program ends or is killed. In memory, the frames are those of the client's end. On a TAP or
    /// TUN interface each segment passes in its own packet, as with --no-offload, so that FILE has
    /// what a wire would carry.
    ///
    /// To watch while it runs, let FILE be a pipe: mkfifo pipe; wireshark -k -i pipe. To Wireshark
    /// UDP port 12000 is one of HPR (RFC 2353); where it calls datagrams malformed, choose "Decode
    /// As" and "Data", or give tshark -d udp.port==12000,data.
    #[arg(long, value_name = "FILE", global = true, value_parser = file)]
    pub capture: Option<PathBuf>,
    /// In memory: also --capture the frames of the server's end, as a second interface
    ///
    /// Each frame is then in FILE twice, as it is sent and as it is received. Wireshark shows the
    /// second one as a retransmission or a duplicate; to see one end only, give it the filter
    /// frame.interface_name == "client".
    #[arg(long, global = true)]
    pub capture_both: bool,
}

/// A file for a capture.
fn file(name: &str) -> Result<PathBuf, String> {
    match name {
        "" | "-" => Err(
            "the name of a file is needed: standard output is for the answers. For a program that \
             reads while this one runs, make a pipe with `mkfifo` and give its name"
                .into(),
        ),
        name => Ok(name.into()),
    }
}
