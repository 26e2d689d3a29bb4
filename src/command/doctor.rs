//! What `lab` and `serve` on an interface need, step by step: each is done as those commands do it.

mod addresses;
mod checklist;
mod driver;
mod exchange;
mod firewall;
mod holder;

use std::process::Command;

use log::LevelFilter;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::tuntap::{Fault, Mode, OpenError, TunTap};

use super::args::{Doctor, Network, Patient, Server};
use super::failure::Failure;
use super::interface;
use super::lab::namespace::Entrance;
use super::obstacle::{Obstacle, as_root};
use super::output::Output;
use super::recorder::Recorder;
use super::sides::{Sides, add_address};
use checklist::Checklist;

/// Checks what the arguments say.
pub fn run(args: &Doctor, recorder: &Recorder<'_>) -> Result<(), Failure> {
    // Its own lines say what is wrong.
    if log::max_level() == LevelFilter::Warn {
        log::set_max_level(LevelFilter::Error);
    }
    match &args.patient {
        Some(Patient::Lab) => lab(args.json, recorder),
        Some(Patient::Serve(server)) => serve(server, args.json, recorder),
        None => {
            // A process that has entered another network cannot return.
            let lab = Command::new("/proc/self/exe")
                .args(["doctor", "lab"])
                .args(args.json.then_some("--json"))
                .status();
            let lab = lab.map_err(Failure::of("this program cannot be started once more"))?;
            let serve = serve(&Server::on_tap("tap0"), args.json, recorder);
            match lab.code() {
                Some(0) => serve,
                Some(code) => serve.and(Err(Failure::Said(code as u8))),
                None => Err(Failure::Interrupted),
            }
        }
    }
}

/// Enters the network of a lab, and serves there.
fn lab(as_json: bool, recorder: &Recorder<'_>) -> Result<(), Failure> {
    let mut list = Checklist::begin(Output::open()?, "uppercase lab", as_json)?;
    driver(&mut list)?;
    let entrance = Entrance::find();
    if entrance.needs_users() {
        list.step("user namespace", entrance.enter_users(), |()| {
            "this user can have the rights over a network of its own".into()
        })?;
    }
    list.step("network namespace", entrance.enter_network(), |()| {
        "there can be such a network".into()
    })?;
    let server = Server::on_tap("tap0");
    on_interface(&mut list, &server, "tap0", Mode::Tap, recorder)?;
    list.end()
}

/// Serves as `serve` does with these arguments.
fn serve(args: &Server, as_json: bool, recorder: &Recorder<'_>) -> Result<(), Failure> {
    let Network::Interface(name, mode) = args.link.network() else {
        let sentence = "a cable needs nothing that could be missing: there is nothing to check";
        return Err(Failure::Error(sentence.into()));
    };
    let title = format!("uppercase serve --{mode} {name}");
    let mut list = Checklist::begin(Output::open()?, &title, as_json)?;
    driver(&mut list)?;
    on_interface(&mut list, args, &name, mode, recorder)?;
    list.end()
}

fn driver(list: &mut Checklist) -> Result<(), Failure> {
    list.step("driver", driver::check(), |()| {
        "/dev/net/tun can be opened".into()
    })
}

/// What comes after the driver, in any network.
fn on_interface(
    list: &mut Checklist,
    args: &Server,
    name: &str,
    mode: Mode,
    recorder: &Recorder<'_>,
) -> Result<(), Failure> {
    let (ours, host) = (args.link.addresses(1), args.link.host_addresses());
    list.step(
        "addresses",
        addresses::check(name, mode, &args.link),
        |()| format!("nothing on this host clashes with {}", list_of(&ours)),
    )?;
    let options = interface::options(&args.link, recorder);
    let opened = TunTap::open_with(name, mode, &host, options);
    let opened = opened.map_err(|error| closed(error, &host));
    let device = list.step("interface", opened, |device| match device.was_created() {
        true => format!("{name} can be made"),
        false => format!("{name} is there, and open to this user"),
    })?;
    let reachable = list.step("route", reachable(&device, args, &ours), |reachable| {
        let reachable: Vec<_> = reachable.iter().map(ToString::to_string).collect();
        format!("packets for {} go to {name}", reachable.join(" and "))
    })?;
    let answers = exchange::check(device, args, &reachable, recorder)?;
    list.step("answers", answers, |()| {
        "a line comes back in capitals from each of these addresses".into()
    })
}

/// Why an interface cannot be used.
fn closed(error: OpenError, host: &[IpCidr]) -> Obstacle {
    let sentence = error.to_string();
    match error {
        OpenError::Permission {
            name,
            mode,
            exists: false,
        } => {
            let user = std::env::var("USER").unwrap_or_default();
            let user = match user.is_empty() {
                true => rustix::process::getuid().to_string(),
                false => user,
            };
            let mut commands = vec![format!(
                "sudo ip tuntap add dev {name} mode {mode} user {user}"
            )];
            commands.extend(host.iter().map(|host| add_address(&name, *host)));
            commands.push(format!("sudo ip link set {name} up"));
            Obstacle::new(
                format!(
                    "making {name} takes the rights of root: start `serve` with sudo, or make the \
                     interface once for this user"
                ),
                commands.join(" && "),
            )
        }
        OpenError::Busy(name) => match holder::holder(&name) {
            Some(holder) => Obstacle::new(
                format!(
                    "another program is attached to {name}: {}, process {}",
                    holder.name, holder.pid
                ),
                as_root(&format!("kill {}", holder.pid)),
            ),
            None => Obstacle::of_sentence(&sentence),
        },
        _ => Obstacle::of_sentence(&sentence),
    }
}

/// Those of the servers' addresses that the kernel reaches, if it is all of them.
fn reachable(device: &TunTap, args: &Server, ours: &[IpCidr]) -> Result<Vec<IpAddress>, Obstacle> {
    let sides = Sides::check(device, &args.link, ours).map_err(|failure| match failure {
        Failure::Error(sentence) => Obstacle::of_sentence(&sentence),
        _ => Obstacle::new("the routes are unknown", "ip route"),
    })?;
    if let Some(obstacle) = sides.obstacles().first() {
        return Err(Obstacle::of_sentence(obstacle));
    }
    if device.fault() == Some(Fault::Down) {
        let name = device.name();
        return Err(Obstacle::new(
            format!("{name} is switched off"),
            as_root(&format!("ip link set {name} up")),
        ));
    }
    Ok(sides.reachable)
}

fn list_of(addresses: &[IpCidr]) -> String {
    let addresses = addresses.iter().map(|cidr| cidr.address().to_string());
    addresses.collect::<Vec<_>>().join(" and ")
}
