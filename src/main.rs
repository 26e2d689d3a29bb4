//! The command `uppercase`: servers and clients on a cable, on a TAP or TUN interface, or all in
//! memory.

mod command;

fn main() -> std::process::ExitCode {
    command::main()
}
