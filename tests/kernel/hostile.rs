//! The command `uppercase serve` on a TAP, in a hostile network: floods, scans, segments and
//! fragments that no honest host sends, made with `hping3`, `nmap`, `socat` and `scapy`. Clients
//! of the kernel's sockets are served all the time, and the server's memory does not grow.
//!
//! How many of them are served during a flood, and how fast: `cargo bench --bench syn_flood`.

mod blind;
mod flood;
mod floods;
mod fragments;
pub mod hand;
mod honest;
mod loops;
mod options;
mod packets;
mod pool;
mod reply_loops;
mod scans;
mod segments;
mod windows;

use crate::namespace::{Test, tests};
use {
    blind::*, floods::*, fragments::*, loops::*, options::*, packets::*, pool::*, reply_loops::*,
    scans::*, segments::*, windows::*,
};

pub const TESTS: &[Test] = tests![
    flood_of_requests_from_everywhere_stops_no_client,
    flood_of_requests_from_one_host_stops_no_client,
    flood_of_requests_from_the_link_stops_no_client,
    flood_of_datagrams_with_forged_senders_stops_no_client,
    flood_of_pings_stops_no_client,
    flood_of_forged_neighbors_stops_no_client,
    flood_of_fragments_that_never_complete_stops_no_client,
    fragments_that_overlap_give_no_mixture,
    fragments_beyond_the_longest_packet_are_dropped,
    fragments_too_small_for_a_header_do_no_harm,
    scans_find_the_port_that_is_served_and_no_other,
    scans_without_a_request_learn_nothing_of_the_port_that_is_served,
    scan_of_the_operating_system_does_no_harm,
    scan_of_ten_thousand_ports_stops_no_client,
    malformed_options_of_a_request_do_no_harm,
    malformed_options_of_a_connection_lose_no_text,
    senseless_segment_sizes_do_no_harm,
    text_that_was_received_cannot_be_changed,
    text_that_overlaps_comes_once,
    text_in_a_request_comes_once,
    request_that_is_also_a_close_takes_no_place,
    reset_outside_of_the_window_does_not_end_a_connection,
    acknowledgements_of_nothing_are_not_all_answered,
    every_combination_of_flags_does_no_harm,
    window_of_one_byte_is_enough,
    closed_window_is_probed_and_loses_nothing,
    urgent_text_is_text,
    smallest_segments_and_buffers_of_socat_are_enough,
    packet_from_the_server_itself_is_not_answered,
    group_of_hosts_is_not_answered,
    senders_that_cannot_be_hosts_are_not_answered,
    extension_headers_do_no_harm,
    extension_headers_of_forged_senders_stop_no_client,
    datagram_from_the_own_port_is_not_answered,
    two_servers_do_not_answer_each_other,
    exchange_with_a_service_that_answers_ends,
    clients_at_full_speed_are_taken_for_no_service,
    none_of_ten_thousand_guesses_opens_a_connection,
    none_of_ten_thousand_guesses_ends_a_connection_of_a_server,
    none_of_ten_thousand_guesses_ends_a_connection_of_a_client,
    sixty_four_clients_at_once_are_served_by_a_pool_of_two,
    two_hundred_and_fifty_six_clients_at_once_are_served_by_a_pool_of_two,
];
