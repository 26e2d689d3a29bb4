//! Paths as they are beyond the link: slow, lossy, with short queues; and a host that is stopped.
//!
//! ```console
//! $ cargo bench --bench paths                       # all of it, three minutes
//! $ cargo bench --bench paths -- simulated          # a bottleneck in the simulated network
//! $ cargo bench --bench paths -- loss               # loss and reordering there
//! $ cargo bench --bench paths -- bottleneck         # behind `tc tbf`, beside the kernel's TCP
//! $ cargo bench --bench paths -- mtu                # through a link with a small MTU
//! $ cargo bench --bench paths -- pause 600          # the server is stopped for 600 seconds
//! ```
//!
//! What is beside the kernel runs in network namespaces of its own, and wants what the kernel tests
//! want. A text of 2 MB passes both ways, over one connection or over each of four.
//!
//! "stall" is the longest time in which nothing arrives, of any connection that is not done: that of
//! the retransmission timeout, 200 ms at least, which doubles each time that a segment is lost again, and
//! a second as long as no round-trip time is known (RFC 6298, RFC 8961).

macro_rules! files {
    ($($path:literal $name:ident),* $(,)?) => {
        $(
            #[cfg(target_os = "linux")]
            #[path = $path]
            #[allow(dead_code, unused_imports, unused_macros, reason = "not all of it is needed")]
            #[allow(clippy::duplicate_mod, reason = "some of it is in two of these")]
            mod $name;
        )*
    };
}

files! {
    "../tests/memory/common/mod.rs" common,
    "../tests/shared/mod.rs" shared,
    "../tests/kernel/namespace.rs" namespace,
    "../tests/kernel/command.rs" command,
    "../tests/kernel/link.rs" link,
    "../tests/kernel/paths.rs" small_mtu,
    "../tests/kernel/peers.rs" peers,
    "shared/isolated.rs" isolated,
    "paths/kernel.rs" kernel,
    "paths/simulated.rs" simulated,
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names = ["simulated", "loss", "bottleneck", "mtu", "pause"];
    let is_named = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !names.into_iter().any(is_named);
    let has = |name: &str| all || is_named(name);
    if kernel::is_inside() {
        return kernel::run(has, &arguments);
    }
    if has("simulated") {
        simulated::bottleneck();
    }
    if has("loss") {
        simulated::loss();
    }
    match has("bottleneck") || has("mtu") || has("pause") {
        true => isolated::isolated(kernel::INSIDE),
        false => std::process::ExitCode::SUCCESS,
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
