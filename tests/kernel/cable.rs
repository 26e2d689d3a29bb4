//! The command on a cable: servers and clients that are programs without any rights.

mod end;
mod served;
mod socket;
mod trouble;

use std::process::Command;

use crate::command::{Outcome, Program, UPPERCASE, run, start, words};
use crate::namespace::{Test, tests, tool};

use {end::*, served::*, socket::*, trouble::*};

pub const TESTS: &[Test] = tests![
    server_is_reached_from_another_terminal,
    what_is_offered_to_try_works,
    clients_at_once_have_an_address_each,
    files_of_many_clients_come_back_byte_for_byte,
    long_lines_pass_in_fragments,
    dialogue_on_a_cable_is_that_of_the_exercise,
    addresses_can_be_chosen_for_both_ends,
    next_client_has_the_address_of_one_that_was_killed,
    clients_go_on_with_a_server_that_was_started_again,
    server_on_a_cable_ends_well,
    client_on_a_cable_can_be_interrupted,
    report_counts_what_passed_the_cable,
    cable_without_a_server_is_explained,
    cable_of_another_program_is_explained,
    cable_without_a_loopback_is_explained,
    cable_without_a_free_port_is_explained,
    host_that_is_not_on_the_cable_is_explained,
    garbage_does_not_stop_a_cable,
    nothing_listens_beyond_the_loopback,
    full_socket_buffer_is_no_room,
];

/// The command, in a process that may do nothing which takes a right.
fn command(arguments: &str) -> Command {
    let mut command = tool("setpriv");
    command.args(["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]);
    command.arg(UPPERCASE).args(words(arguments));
    command
}

/// Starts `uppercase serve --cable 9000` with these options, and waits until it is ready.
#[track_caller]
fn serve(options: &str) -> Program {
    let mut server = start(&mut command(&format!("serve --cable 9000 {options}")));
    assert_eq!(server.line(), "The server is ready to receive\n");
    server
}

/// Runs a client of it with this input.
#[track_caller]
fn ask(arguments: &str, input: impl AsRef<[u8]>) -> Outcome {
    run(&mut command(&format!("{arguments} --cable 9000")), input)
}

/// Starts a client of it, with a pipe that stays open.
fn client(arguments: &str) -> Program {
    start(&mut command(&format!("{arguments} --cable 9000")))
}
