//! The servers on a TAP interface in a network of its own, and a shell or a command in it.

mod guest;
pub mod namespace;

use uppercase::device::tuntap;

use super::args::Lab;
use super::failure::Failure;
use super::output::Output;
use super::recorder::Recorder;
use super::serve;
use guest::Guest;
use namespace::Entrance;

/// Serves until the shell or the command has ended.
pub fn run(args: &Lab, recorder: &mut Recorder<'_>) -> Result<(), Failure> {
    let network = args.network();
    enter()?;
    let mut guest = Guest::new(&args.command)?;
    // Standard output is that of the command, which is alone with it.
    let output = match args.command.is_empty() || args.server.json {
        true => Output::on_standard_error()?,
        false => Output::nowhere(),
    };
    let served = serve::run_for(&mut guest, network, &args.server, None, output, recorder);
    guest.end();
    served.and_then(|()| guest.result())
}

/// Enters a network of its own, in which programs can speak to each other over the loopback, too.
fn enter() -> Result<(), Failure> {
    Entrance::find()
        .enter()
        .map_err(|obstacle| Failure::Error(obstacle.to_string()))?;
    tuntap::switch_on("lo").map_err(Failure::of("the loopback cannot be switched on"))
}
