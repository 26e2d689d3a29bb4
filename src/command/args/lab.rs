//! The options of a lab, and of the doctor.

use clap::Subcommand;
use uppercase::device::tuntap::Mode;

use super::server::needed;
use super::{Network, Server};

/// What is in a lab.
#[derive(clap::Args)]
pub struct Lab {
    #[command(flatten)]
    pub server: Server,
    /// What runs in it instead of a shell; the exit status is that of this command
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<std::ffi::OsString>,
}

impl Lab {
    /// The interface in it.
    pub fn network(&self) -> Network {
        match self.server.link.network() {
            Network::Memory => Network::Interface("tap0".into(), Mode::Tap),
            network => network,
        }
    }
}

/// What a doctor looks at.
#[derive(clap::Args)]
pub struct Doctor {
    #[command(subcommand)]
    pub patient: Option<Patient>,
    /// Print what was found as JSON, one object on a line for each command that was checked
    ///
    /// `report` is `doctor`, `command` is what was checked, `ok` is whether it has what it needs. Each
    /// of the `steps` has a `name`, whether it is `ok`, and `what` was found; one that failed also
    /// has a `remedy`, the command that mends it.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum Patient {
    /// Check what `uppercase lab` needs
    Lab,
    /// Check what `uppercase serve` with these options needs
    #[command(group(needed()))]
    Serve(Server),
}
