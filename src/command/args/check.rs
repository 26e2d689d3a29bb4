//! What is wrong with arguments of which each is right: `clap` knows of options that conflict, but not
//! of one that depends on the network, or that may stand before a command and behind it.

use clap::error::ErrorKind;

use super::{Args, Command, Network};

/// Why arguments are refused.
pub struct Refusal {
    pub kind: ErrorKind,
    pub message: &'static str,
}

impl Refusal {
    fn conflict(message: &'static str) -> Result<(), Self> {
        let kind = ErrorKind::ArgumentConflict;
        Err(Self { kind, message })
    }

    fn missing(message: &'static str) -> Result<(), Self> {
        let kind = ErrorKind::MissingRequiredArgument;
        Err(Self { kind, message })
    }
}

/// Checks the arguments of any command.
///
/// # Errors
/// What is wrong, and what to do instead.
pub fn check(args: &Args) -> Result<(), Refusal> {
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    check_interface(args)?;
    check_capture(args)?;
    check_faults(args)
}

/// Where the packets of a command pass; `None` for one that sends none, or in a network of its own.
fn network(args: &Args) -> Option<Network> {
    match &args.command {
        None => Some(Network::Memory),
        Some(Command::Serve(server)) => Some(server.link.network()),
        Some(Command::Tcp(tcp)) => Some(tcp.client.link.network()),
        Some(Command::Udp(client)) => Some(client.link.network()),
        Some(_) => None,
    }
}

/// That there are packets to record, at both ends if both are wanted.
fn check_capture(args: &Args) -> Result<(), Refusal> {
    match (&args.command, &args.record.capture) {
        (Some(Command::Ladder(_)), Some(_)) => Refusal::conflict(
            "--capture is for commands that send and receive; `uppercase ladder` only reads a file: \
             for a picture of it, give --svg <FILE>",
        ),
        (_, None) if args.record.capture_both => {
            Refusal::missing("--capture-both needs --capture <FILE>")
        }
        (_, Some(_))
            if args.record.capture_both && !matches!(network(args), Some(Network::Memory)) =>
        {
            Refusal::conflict(
                "--capture-both is for client and server in one program; here the other end is \
                 another program, to which --capture can be given too",
            )
        }
        _ => Ok(()),
    }
}

/// That there is a network for the faults that are wanted.
fn check_faults(args: &Args) -> Result<(), Refusal> {
    if !args.faults.are_wanted() {
        return Ok(());
    }
    match network(args) {
        Some(Network::Memory) => Ok(()),
        Some(Network::Cable(_)) if args.faults.crash().is_none() => Ok(()),
        Some(Network::Cable(_)) => Refusal::conflict(
            "--crash is for client and server in memory; on a cable, end `serve` and start it again",
        ),
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        Some(Network::Interface(..)) => Refusal::conflict(
            "faults are for memory and for a cable; on an interface the kernel makes them: \
             sudo tc qdisc add dev tap0 root netem loss 20% delay 50ms",
        ),
        None => Refusal::conflict(
            "faults are for `uppercase`, `tcp`, `udp` and `serve`, in memory and on a cable; \
             `ladder` only reads a file, and in a lab the kernel makes them: \
             tc qdisc add dev tap0 root netem loss 20% delay 50ms",
        ),
    }
}

/// That a client on an interface has a server, and that there is a network to ask for addresses.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
fn check_interface(args: &Args) -> Result<(), Refusal> {
    use super::{Doctor, Patient, TcpClient};

    let link = match &args.command {
        Some(Command::Serve(server)) => &server.link,
        Some(Command::Tcp(TcpClient { client, .. }) | Command::Udp(client)) => {
            if let (Network::Interface(..), false) = (client.link.network(), client.names_host()) {
                return Refusal::missing("HOST is needed, the address or the name of the server");
            }
            &client.link
        }
        Some(Command::Lab(lab)) => {
            if let Network::Cable(_) = lab.server.link.network() {
                return Refusal::conflict(
                    "--cable is not for a lab, which has an interface of its own; `serve --cable` \
                     needs no lab",
                );
            }
            if lab.server.link.asks_network() {
                return Refusal::conflict(
                    "--dhcp and --slaac are not for a lab, as its network has no DHCP server and no \
                     router: give it an address with --ip, or use `uppercase serve --tap`",
                );
            }
            return Ok(());
        }
        Some(Command::Doctor(Doctor {
            patient: Some(Patient::Serve(server)),
            ..
        })) => {
            if server.link.asks_network() {
                return Refusal::conflict(
                    "the doctor tries the addresses of the servers, and with --dhcp or --slaac they \
                     are not known: leave these out here",
                );
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    match link.asks_network() && !matches!(link.network(), Network::Interface(..)) {
        true => Refusal::missing(
            "--dhcp and --slaac ask the network that a TAP interface is in: give --tap <NAME>, too",
        ),
        false => Ok(()),
    }
}
