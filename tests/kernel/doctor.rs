//! The doctor: each obstacle is put in the way, is named, and is gone when what mends it was done.

use std::fs;
use std::process::Command;

use crate::command::{Outcome, run};
use crate::link::serve;
use crate::namespace::{Test, ip, need, tests, tool};
use crate::ordinary::{DRIVER, Ordinary, PROGRAM, make_driver, pretend, replace};
use crate::tuntap::refusal;

pub const TESTS: &[Test] = tests![
    doctor_finds_all_that_a_lab_needs,
    doctor_mends_the_drivers_file,
    doctor_knows_a_driver_that_is_not_loaded,
    doctor_mends_the_limit_of_namespaces,
    doctor_mends_settings_that_forbid_namespaces,
    doctor_knows_a_filter_of_system_calls,
    doctor_lets_root_make_an_interface_for_an_ordinary_user,
    doctor_switches_ipv6_on,
    doctor_mends_an_interface_until_it_serves,
    doctor_proposes_addresses_that_do_not_clash,
    doctor_names_the_program_on_the_interface,
    doctor_lets_the_interface_through_a_firewall,
];

/// The steps that went well, the one that failed, and what mends it.
#[derive(Debug)]
struct Diagnosis {
    well: Vec<String>,
    failed: Option<(String, String)>,
}

/// Reads what a doctor has printed.
#[track_caller]
fn read(outcome: &Outcome) -> Diagnosis {
    assert_eq!(outcome.stderr, "");
    let text = std::str::from_utf8(&outcome.stdout).unwrap();
    println!("{text}");
    let after = |mark: &'static str| text.lines().filter_map(move |line| line.strip_prefix(mark));
    let failed = after("  failed  ").next().map(|what| {
        let mend = after("          what mends it: ").next();
        (what.to_owned(), mend.expect("what mends it").to_owned())
    });
    assert_eq!(outcome.code, Some(i32::from(failed.is_some())));
    let name = |line: &str| line.split(':').next().unwrap().to_owned();
    Diagnosis {
        well: after("  ok      ").map(name).collect(),
        failed,
    }
}

/// What fails first, and what mends it.
#[track_caller]
fn failure(command: &mut Command) -> (String, String) {
    read(&run(command, "")).failed.expect("something fails")
}

/// Does as root what an ordinary user is told to do as root.
#[track_caller]
fn mend(command: &str) {
    let command = command.replace("sudo ", "");
    let outcome = run(tool("sh").args(["-c", &command]), "");
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
}

#[track_caller]
fn assert_well(command: &mut Command) {
    let diagnosis = read(&run(command, ""));
    assert_eq!(diagnosis.failed, None);
    assert_eq!(diagnosis.well.last().unwrap(), "answers");
}

fn doctor_finds_all_that_a_lab_needs() {
    let user = Ordinary::new();
    let outcome = run(&mut user.uppercase("doctor lab"), "");
    assert_eq!(
        outcome.text(),
        "uppercase lab\n  \
         ok      driver: /dev/net/tun can be opened\n  \
         ok      user namespace: this user can have the rights over a network of its own\n  \
         ok      network namespace: there can be such a network\n  \
         ok      addresses: nothing on this host clashes with 192.168.69.1 and fdaa::1\n  \
         ok      interface: tap0 can be made\n  \
         ok      route: packets for 192.168.69.1 and fdaa::1 go to tap0\n  \
         ok      answers: a line comes back in capitals from each of these addresses\n"
    );
    // It leaves nothing behind.
    assert_eq!(ip("-brief link").lines().count(), 1);
}

/// What every user may open.
fn doctor_mends_the_drivers_file() {
    let user = Ordinary::new();
    if !user.is_real_root {
        crate::ordinary::run(&["mount", "-t", "tmpfs", "none", "/dev/net"]);
        fs::write(DRIVER, "").unwrap();
    }
    crate::ordinary::run(&["chmod", "0600", DRIVER]);
    for doctor in ["doctor", "doctor lab", "doctor serve --tap tap0"] {
        let (what, command) = failure(&mut user.uppercase(doctor));
        if user.is_real_root {
            assert_eq!(
                what,
                "driver: /dev/net/tun is not open to this user (mode 0600)"
            );
            assert_eq!(command, "sudo chmod 0666 /dev/net/tun");
        }
    }
    // What follows takes a file that only root can make.
    if !user.is_real_root {
        return;
    }
    let lab = || user.uppercase("doctor lab");
    mend(&failure(&mut lab()).1);
    assert_well(&mut lab());

    fs::remove_file(DRIVER).unwrap();
    let (what, command) = failure(&mut lab());
    if what.ends_with("in this container") {
        assert_eq!(command, "start the container with --device /dev/net/tun");
        make_driver("0666");
    } else {
        assert_eq!(what, "driver: there is no /dev/net/tun");
        mend(&command);
    }
    assert_well(&mut lab());

    fs::remove_file(DRIVER).unwrap();
    fs::write(DRIVER, "").unwrap();
    crate::ordinary::run(&["chmod", "0666", DRIVER]);
    let (what, command) = failure(&mut lab());
    assert_eq!(what, "driver: /dev/net/tun is a file, and not the driver");
    mend(&command);
    assert_well(&mut lab());
}

fn doctor_knows_a_driver_that_is_not_loaded() {
    let user = Ordinary::new();
    crate::ordinary::run(&["mount", "-t", "tmpfs", "none", "/dev/net"]);
    replace("/proc/misc", "229 fuse\n");
    let (what, command) = failure(&mut user.uppercase("doctor lab"));
    match what.ends_with("in this container") {
        true => assert_eq!(command, "start the container with --device /dev/net/tun"),
        false => assert_eq!(command, "sudo modprobe tun"),
    }
    if !user.is_real_root {
        return;
    }
    // A file for a driver that is not there.
    crate::ordinary::run(&["mknod", "-m", "0666", DRIVER, "c", "10", "199"]);
    let (what, command) = failure(&mut user.uppercase("doctor lab"));
    assert_eq!(
        what,
        "driver: there is no /dev/net/tun, as the kernel's module `tun` is not loaded"
    );
    assert_eq!(command, "sudo modprobe tun");
}

/// Each user namespace has a limit of its own, so that of this machine stays.
fn doctor_mends_the_limit_of_namespaces() {
    let _machine = Ordinary::new();
    const OF: &str = "/proc/sys/user/max_";
    for (limit, step, refused) in [
        (
            "user.max_user_namespaces",
            "user namespace",
            "this user gets no user namespace",
        ),
        (
            "user.max_net_namespaces",
            "network namespace",
            "this user gets no network namespace",
        ),
    ] {
        let file = limit.replace("user.max_", OF);
        // Without the right to make a network, as a user is.
        let script = format!(
            "echo 0 > {file} && setpriv --bounding-set=-sys_admin {PROGRAM} doctor lab; \
             code=$?; sysctl() {{ echo \"${{1#*=}}\" > {file}; }}; \
             echo; sysctl {limit}=15000; cat {file}; exit $code"
        );
        let mut unshare = tool("unshare");
        unshare.args(["--user", "--map-root-user", "--net", "sh", "-c", &script]);
        let outcome = run(&mut unshare, "");
        let diagnosis = read(&outcome);
        let (what, command) = diagnosis.failed.expect("it fails");
        assert_eq!(what, format!("{step}: {refused}: {limit} is 0"));
        assert_eq!(command, format!("sysctl {limit}=15000"));
        assert!(outcome.stdout.ends_with(b"\n15000\n"));
    }
}

fn doctor_mends_settings_that_forbid_namespaces() {
    let user = Ordinary::new();
    let clone = "kernel.unprivileged_userns_clone";
    let apparmor = "kernel.apparmor_restrict_unprivileged_userns";
    // AppArmor lets a user enter a namespace, and then have no rights in it.
    let map = format!("{0} {0} 1", user.id()).len() as u64;
    refusal::refuse_writes_of(map);
    pretend(apparmor, "1");
    let (what, command) = failure(&mut user.uppercase("doctor lab"));
    assert_eq!(
        what,
        format!(
            "user namespace: this user has no rights in its user namespace: AppArmor forbids it, \
             as {apparmor} is not 0"
        )
    );
    assert_eq!(command, format!("sudo sysctl {apparmor}=0"));
    // Or it refuses the namespace itself.
    refusal::refuse_namespaces();
    let (what, _) = failure(&mut user.uppercase("doctor lab"));
    assert_eq!(
        what,
        format!(
            "user namespace: this user gets no user namespace: AppArmor forbids it, as {apparmor} \
             is not 0"
        )
    );
    pretend(clone, "0");
    let (what, command) = failure(&mut user.uppercase("doctor lab"));
    assert_eq!(
        what,
        format!("user namespace: this user gets no user namespace: {clone} is 0")
    );
    assert_eq!(command, format!("sudo sysctl {clone}=1"));
    // The lab says it, too.
    run(&mut user.uppercase("lab -- true"), "").assert_failed(&format!(
        "this user gets no user namespace: {clone} is 0; what mends it: {command}"
    ));
}

fn doctor_knows_a_filter_of_system_calls() {
    let user = Ordinary::new();
    refusal::refuse_namespaces();
    pretend("kernel.unprivileged_userns_clone", "1");
    let (what, command) = failure(&mut user.uppercase("doctor lab"));
    assert_eq!(
        what,
        "user namespace: this user gets no user namespace: a filter of system calls, as containers \
         have one, refuses it: Operation not permitted (os error 1)"
    );
    assert!(command.starts_with("start the container with --security-opt seccomp=unconfined"));
}

fn doctor_lets_root_make_an_interface_for_an_ordinary_user() {
    let user = Ordinary::new();
    let diagnosis = read(&run(&mut user.uppercase("doctor"), ""));
    // All is well with a lab.
    assert_eq!(diagnosis.well.len(), 9);
    let (what, command) = diagnosis.failed.expect("it fails");
    assert_eq!(
        what,
        "interface: making tap0 takes the rights of root: start `serve` with sudo, or make the \
         interface once for this user"
    );
    if !user.is_real_root {
        return;
    }
    mend(&command);
    assert_well(&mut user.uppercase("doctor"));
    // With these rights it needs no interface, and leaves none.
    ip("link delete tap0");
    assert_well(Command::new(PROGRAM).arg("doctor"));
    assert_eq!(ip("-brief link").lines().count(), 1);
}

/// Its own network has no IPv6.
fn doctor_switches_ipv6_on() {
    need("sysctl");
    let _machine = Ordinary::new();
    let settings = ["all", "default"].map(|interfaces| {
        let file = format!("/proc/sys/net/ipv6/conf/{interfaces}/disable_ipv6");
        fs::write(&file, "1").unwrap();
        file
    });
    cure(
        &["--tap", "tap0"],
        &["interface: IPv6 is switched off on this host"],
    );
    for file in settings {
        assert_eq!(fs::read_to_string(file).unwrap(), "0\n");
    }
}

/// Does what is said until nothing is left to say.
#[track_caller]
fn cure(arguments: &[&str], failures: &[&str]) {
    let doctor = || {
        let mut doctor = Command::new(PROGRAM);
        doctor.args(["doctor", "serve"]).args(arguments);
        doctor
    };
    for expected in failures {
        let (what, command) = failure(&mut doctor());
        assert!(what.starts_with(expected), "{what}");
        mend(&command);
    }
    assert_well(&mut doctor());
}

fn doctor_mends_an_interface_until_it_serves() {
    let _machine = Ordinary::new();
    for (mode, name) in [("tap", "mine0"), ("tun", "mine1")] {
        ip(&format!("tuntap add dev {name} mode {mode}"));
        cure(
            &[&format!("--{mode}"), name],
            &[
                &format!(
                    "route: {name}: this host has no address in the network of 192.168.69.1/24"
                ),
                &format!("route: {name}: this host has no address in the network of fdaa::1/64"),
                &format!("route: {name} is switched off"),
            ],
        );
        ip(&format!("link delete {name}"));
    }
    // A route that leads elsewhere.
    ip("tuntap add dev mine0 mode tap");
    ip("link set mine0 up");
    ip("addr add 192.168.69.100/24 dev mine0");
    ip("link add veth0 type veth peer veth1");
    ip("link set veth0 up");
    ip("route add 192.168.69.0/28 dev veth0");
    cure(
        &["--tap", "mine0", "--ip", "192.168.69.1/24"],
        &["route: mine0: this host sends packets to 192.168.69.1 by veth0"],
    );
}

fn doctor_proposes_addresses_that_do_not_clash() {
    let _machine = Ordinary::new();
    ip("link add veth0 type veth peer veth1");
    for (option, name, address, what, network) in [
        (
            "--tap",
            "tap0",
            "192.168.69.7/24",
            "the subnet of 192.168.69.100/24 is already that of veth0",
            71,
        ),
        (
            "--tun",
            "tun0",
            "192.168.69.1/24",
            "192.168.69.1 is already an address of this host, on veth0",
            71,
        ),
        (
            "--tap",
            "tap0",
            "fdaa::7/64",
            "the subnet of fdaa::100/64 is already that of veth0",
            69,
        ),
    ] {
        ip(&format!("addr add {address} dev veth0"));
        // The network that would be proposed first is taken, too.
        ip("addr add 192.168.70.1/24 dev veth1");
        let (said, command) =
            failure(Command::new(PROGRAM).args(["doctor", "serve", option, name]));
        assert!(said.starts_with(&format!("addresses: {what}")), "{said}");
        let serve = format!("{PROGRAM} serve {option} {name} --ip 192.168.{network}.1/24 ");
        assert!(command.starts_with(&serve), "{command}");
        let doctor = command.replace(" serve ", " doctor serve ");
        assert_well(tool("sh").args(["-c", &doctor]));
        ip("addr flush dev veth0");
        ip("addr flush dev veth1");
    }
}

fn doctor_names_the_program_on_the_interface() {
    let _machine = Ordinary::new();
    let mut server = serve("--tap tap0");
    let (what, command) = failure(Command::new(PROGRAM).args(["doctor", "serve", "--tap", "tap0"]));
    let sentence = "interface: another program is attached to tap0: uppercase, process ";
    let pid = what.strip_prefix(sentence).expect(&what);
    assert_eq!(command, format!("kill {pid}"));
    mend(&command);
    assert_eq!(server.end().code, Some(0));
    assert_well(Command::new(PROGRAM).args(["doctor", "serve", "--tap", "tap0"]));
}

fn doctor_lets_the_interface_through_a_firewall() {
    need("nft");
    let user = Ordinary::new();
    let nft = |arguments: &str| crate::ordinary::run(&["nft", arguments]);
    for (hook, what) in [
        (
            "input",
            "answers: the answer of 192.168.69.1:12000 over TCP does not come to this host",
        ),
        (
            "output",
            "answers: what this host sends to 192.168.69.1:12000 over TCP does not come to tap0",
        ),
    ] {
        // Two chains judge the same packets: both have to let them through.
        nft("add table inet one");
        nft(&format!(
            "add chain inet one first {{ type filter hook {hook} priority 0; policy drop; }}"
        ));
        nft("add table ip two");
        nft(&format!(
            "add chain ip two second {{ type filter hook {hook} priority 1; policy drop; }}"
        ));
        cure(&["--tap", "tap0"], &[what]);
        nft("flush ruleset");
    }
    // One protocol only.
    nft("add table inet one");
    nft("add chain inet one first { type filter hook input priority 0; }");
    nft("add rule inet one first meta l4proto udp drop");
    cure(
        &["--tap", "tap0"],
        &["answers: the answer of 192.168.69.1:12000 over UDP does not come to this host"],
    );
    // These keep the rules themselves.
    let doctor = || failure(Command::new(PROGRAM).args(["doctor", "serve", "--tap", "tap0"])).1;
    nft("flush chain inet one first");
    nft("add rule inet one first meta l4proto tcp drop");
    fs::create_dir("/run/firewalld").unwrap();
    assert_eq!(doctor(), "firewall-cmd --zone=trusted --add-interface=tap0");
    crate::ordinary::run(&["mount", "-t", "tmpfs", "none", "/etc"]);
    fs::create_dir("/etc/ufw").unwrap();
    fs::write("/etc/ufw/ufw.conf", "ENABLED=yes\n").unwrap();
    assert_eq!(doctor(), "ufw allow in on tap0");
    crate::ordinary::run(&["umount", "/etc"]);
    // The rules are hidden from a user.
    fs::remove_dir("/run/firewalld").unwrap();
    ip(&format!("tuntap add dev tun7 mode tun user {}", user.id()));
    ip("link set tun7 up");
    ip("addr add 192.168.69.100/24 dev tun7");
    ip("addr add fdaa::100/64 dev tun7 nodad");
    assert_eq!(
        failure(&mut user.uppercase("doctor serve --tun tun7")).1,
        format!("sudo {PROGRAM} doctor serve --tun tun7")
    );
    // There is none in a lab.
    nft("flush ruleset");
    nft("add table inet one");
    nft("add chain inet one first { type filter hook input priority 0; policy drop; }");
    assert_well(&mut user.uppercase("doctor lab"));
}
