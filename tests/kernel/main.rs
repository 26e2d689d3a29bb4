//! The command `uppercase` and `device::tuntap` against the kernel of this machine and against
//! stock programs: the sockets of the standard library and of Python, `nc`, `ping`, `dnsmasq`.
//! A test that needs a program which is missing counts as ignored.

#[cfg(target_os = "linux")]
mod addressing;
#[cfg(target_os = "linux")]
mod cable;
#[cfg(target_os = "linux")]
mod capture;
#[cfg(target_os = "linux")]
mod client_tcp;
#[cfg(target_os = "linux")]
mod client_udp;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod destinations;
#[cfg(target_os = "linux")]
mod dhcp;
#[cfg(target_os = "linux")]
mod doctor;
#[cfg(target_os = "linux")]
mod existing;
#[cfg(target_os = "linux")]
mod explain;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod interface;
#[cfg(target_os = "linux")]
mod interrupt;
#[cfg(target_os = "linux")]
mod lab;
#[cfg(target_os = "linux")]
mod lacking;
#[cfg(target_os = "linux")]
mod ladder;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod name_servers;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod neighbors;
#[cfg(target_os = "linux")]
mod network_errors;
#[cfg(target_os = "linux")]
mod noise;
#[cfg(target_os = "linux")]
mod ordinary;
#[cfg(target_os = "linux")]
mod output;
#[cfg(all(target_os = "linux", feature = "completions"))]
mod packaging;
#[cfg(target_os = "linux")]
mod paths;
#[cfg(target_os = "linux")]
mod peers;
#[cfg(target_os = "linux")]
mod progress;
#[cfg(target_os = "linux")]
mod reports;
#[cfg(target_os = "linux")]
mod same_everywhere;
#[cfg(target_os = "linux")]
mod serve_options;
#[cfg(target_os = "linux")]
mod serve_tcp;
#[cfg(target_os = "linux")]
mod serve_udp;
#[cfg(target_os = "linux")]
mod services;
#[cfg(target_os = "linux")]
mod several;
#[cfg(target_os = "linux")]
#[path = "../shared/mod.rs"]
mod shared;
#[cfg(target_os = "linux")]
mod slaac;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod tour;
#[cfg(target_os = "linux")]
mod tshark;
#[cfg(target_os = "linux")]
mod tuntap;
#[cfg(target_os = "linux")]
mod unicode;
#[cfg(target_os = "linux")]
mod user_errors;

#[cfg(target_os = "linux")]
use shared::{name_server, stock, text, transcript};

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use {
        addressing::*, capture::*, client_tcp::*, client_udp::*, crowd::*, destinations::*,
        existing::*, explain::*, faults::*, filter::*, interface::*, interrupt::*, ladder::*,
        name_servers::*, names::*, neighbors::*, network_errors::*, noise::*, output::*, paths::*,
        progress::*, same_everywhere::*, serve_options::*, serve_tcp::*, serve_udp::*, services::*,
        terminal::*, tour::*, tshark::*, unicode::*, user_errors::*,
    };
    const TESTS: &[namespace::Test] = namespace::tests![
        sentence_without_newline_is_answered_before_the_client_closes,
        large_text_is_answered_after_a_half_close,
        ten_mebibytes_come_back_byte_for_byte,
        text_that_grows_is_whole_wherever_it_is_cut,
        bytes_that_are_not_utf8_come_back_unchanged,
        no_text_is_answered_by_no_text,
        python_and_nc_are_served_over_tcp,
        datagram_is_answered_by_a_datagram,
        one_socket_can_ask_many_times,
        python_and_nc_are_served_over_udp,
        large_datagrams_are_answered,
        datagram_may_grow_to_three_times_its_length,
        answers_are_those_of_the_transcript,
        python_agrees_about_every_character_it_knows,
        once_closes_after_the_first_answer,
        server_of_tcp_refuses_datagrams,
        server_of_udp_refuses_connections,
        server_of_both_is_the_default_and_can_be_asked_for,
        port_is_that_of_both_servers,
        text_is_exact_with_all_options_for_speed,
        idle_connection_is_closed_after_the_timeout,
        each_line_that_announces_a_server_is_true,
        ping_is_answered_at_every_length,
        large_pings_of_several_hosts_and_large_answers_go_together,
        one_place_serves_one_client_after_the_other,
        one_place_serves_clients_that_close_and_come_back_at_once,
        thirty_two_clients_are_served_at_once,
        clients_without_a_place_wait_for_one,
        all_clients_of_a_crowd_are_served,
        client_that_never_reads_holds_up_no_other,
        silent_client_holds_up_no_other,
        client_that_aborts_gives_its_place_back,
        garbage_does_not_stop_the_servers,
        half_open_connections_do_not_hold_up_datagrams,
        sentence_is_answered_by_a_server_that_receives_once,
        sentence_is_answered_by_python,
        answer_may_be_typed_into_nc,
        no_text_is_sent_as_no_text,
        other_port_can_be_asked,
        ten_mebibytes_of_a_file_come_back_byte_for_byte,
        server_may_answer_at_the_end_only,
        server_may_close_before_the_input_has_ended,
        each_line_is_a_datagram,
        lines_are_answered_by_python,
        answer_over_udp_may_be_typed_into_nc,
        long_lines_pass_in_fragments,
        line_is_sent_again_where_no_answer_comes,
        addresses_are_understood_as_people_write_them,
        addresses_that_cannot_be_meant_are_refused_by_a_sentence,
        names_of_every_kind_are_found,
        address_of_the_own_version_is_preferred,
        names_that_lead_nowhere_are_explained,
        name_without_a_name_server_is_explained,
        name_server_that_does_not_answer_is_explained,
        second_name_server_is_asked_where_the_first_is_silent,
        next_name_server_is_asked_where_one_cannot_be_used,
        name_that_does_not_exist_is_asked_of_one_server_only,
        name_servers_that_cannot_be_used_are_each_explained,
        names_are_compared_without_letter_case,
        each_address_of_a_name_is_tried,
        each_address_of_a_name_that_cannot_be_used_is_explained,
        connection_that_is_refused_is_explained,
        udp_port_on_which_nothing_listens_is_explained,
        host_that_is_not_there_is_explained,
        host_on_no_network_of_ours_is_explained,
        network_that_cannot_be_reached_is_explained,
        server_that_takes_no_connection_is_explained,
        server_that_says_nothing_is_explained,
        server_that_resets_the_connection_is_explained,
        server_that_closes_too_early_is_explained,
        line_that_is_too_long_is_explained,
        wrong_arguments_are_explained,
        usage_is_that_of_the_command_that_was_given,
        help_fits_the_command,
        help_has_no_option_that_is_refused,
        version_has_the_features,
        address_of_both_sides_is_refused,
        address_that_this_host_has_is_refused,
        address_of_another_interface_is_refused,
        interface_that_is_taken_is_refused,
        interface_of_another_kind_cannot_be_used,
        gateway_on_no_network_of_ours_is_refused,
        missing_rights_are_explained,
        server_without_clients_ends_at_once,
        server_that_ends_closes_its_connections,
        server_reports_what_it_has_seen_when_it_is_asked_and_at_the_end,
        what_is_refused_is_logged_and_reported_with_its_reason,
        server_does_not_wait_for_clients_that_leave_their_side_open,
        client_that_does_not_read_learns_that_the_server_has_ended,
        client_that_is_interrupted_says_so_and_tells_the_server,
        client_that_waits_for_an_answer_can_be_interrupted,
        client_that_is_asked_for_a_report_goes_on,
        dialogue_in_memory_is_that_of_the_exercise,
        dialogue_without_a_sentence_ends_quietly,
        dialogue_with_a_stock_server_is_that_of_the_exercise,
        server_that_closes_without_an_answer_gives_an_empty_one,
        server_that_is_gone_when_the_sentence_comes_is_explained,
        ctrl_c_at_the_prompt_ends_the_client_and_its_connection,
        dialogue_goes_on_after_the_signal_for_a_report,
        file_is_converted_in_memory,
        pipe_is_converted_in_memory,
        what_was_sent_is_shown_on_a_terminal_after_a_while,
        lines_are_converted_over_udp_in_memory,
        line_that_no_datagram_takes_is_explained,
        server_that_is_not_in_memory_is_explained,
        each_line_of_the_log_in_memory_says_which_side_speaks,
        filter_with_a_closed_output_ends_silently,
        output_that_cannot_be_written_is_explained,
        output_that_is_closed_is_an_error,
        output_that_is_full_is_an_error,
        output_that_is_discarded_is_no_error,
        errors_that_cannot_be_written_are_no_panic,
        filter_of_the_log_that_cannot_be_read_is_explained,
        server_goes_on_where_the_reader_of_its_reports_is_gone,
        server_goes_on_where_the_disk_is_full,
        server_goes_on_where_its_reports_are_not_read,
        input_that_cannot_be_read_is_explained,
        closed_input_is_no_text,
        interface_that_exists_is_used_as_it_is,
        interface_that_was_made_disappears,
        interface_that_is_switched_off_and_on_keeps_its_addresses,
        interface_that_is_switched_off_is_explained,
        interface_without_an_address_is_explained,
        interface_that_is_off_and_has_no_address_is_explained,
        address_that_is_proposed_fits_the_servers,
        route_that_leads_elsewhere_is_explained,
        what_is_offered_to_try_can_work,
        point_to_point_addresses_are_enough_for_a_tun,
        kernel_address_for_an_interface_that_exists_is_refused,
        client_on_an_interface_that_is_off_says_so,
        client_needs_one_ip_version_only,
        other_addresses_can_be_chosen_for_both_sides,
        hardware_address_can_be_chosen,
        arping_and_ndisc6_find_the_server,
        a_querier_is_told_the_groups_of_the_server,
        a_bridge_that_snoops_forwards_solicitations_to_the_server,
        an_address_of_the_server_is_found_to_be_taken,
        change_of_address_under_load_resets_its_connections_and_no_others,
        an_address_that_the_kernel_has_is_given_up_and_another_one_is_used,
        interface_that_is_deleted_ends_the_server_with_a_sentence,
        gateway_leads_to_a_server_in_another_network,
        clients_in_another_network_are_served_through_the_gateway,
        text_passes_a_bottleneck_whichever_side_sends_it,
        text_passes_a_link_with_a_small_mtu,
        text_passes_a_link_with_a_small_mtu_where_routers_errors_are_filtered,
        services_of_the_example_serve_more_clients_than_they_have_slots,
        services_of_the_example_serve_stock_programs,
        capture_of_an_interface_has_what_a_wire_would_carry,
        capture_of_a_client_on_an_interface_has_the_frames_of_its_end,
        capture_in_memory_has_the_clients_end_or_both,
        capture_of_a_cable_has_an_end_in_each_program,
        capture_of_a_program_that_is_killed_is_complete,
        capture_replaces_a_file_only_where_the_network_can_be_used,
        capture_into_a_pipe_is_read_while_it_is_written,
        capture_that_cannot_be_written_is_explained,
        capture_that_fills_the_disk_ends_and_the_text_does_not,
        capture_is_seen_by_tcpdump_too,
        capture_of_a_tap_is_what_tcpdump_sees_at_the_other_end,
        text_is_exact_though_frames_are_lost_and_changed,
        bandwidth_and_size_of_packets_change_no_byte,
        same_seed_gives_the_same_run,
        strange_run_says_the_command_that_repeats_it,
        server_that_starts_again_resets_what_it_does_not_know,
        client_that_stops_reading_shuts_its_window,
        nagle_and_delayed_acknowledgements_hold_segments_back,
        faults_are_for_a_cable_too,
        faults_are_refused_where_there_are_none,
        tour_is_what_the_program_prints,
        sentences_stand_under_the_arrows,
        sentences_stand_in_files_instead_of_the_ladder,
        ladder_in_memory_fits_on_a_screen,
        ladder_on_a_terminal_has_colours_unless_they_are_not_wanted,
        ladder_of_a_failure_shows_it,
        ladder_of_a_server_has_each_row_as_it_happens,
        ladder_that_nothing_reads_does_not_stop_a_server,
        ladder_of_a_run_is_that_of_its_captures,
        pictures_are_written_where_that_is_wanted,
        simulated_runs_are_read_as_tshark_reads_them,
        simulated_runs_are_shown_as_tshark_reads_them,
        files_that_editcap_writes_have_the_same_packets,
        files_that_tcpdump_writes_are_read,
    ];
    namespace::main(&[
        ("command", TESTS),
        ("lacking", lacking::TESTS),
        ("hostile", hostile::TESTS),
        ("tuntap", tuntap::TESTS),
        ("cable", cable::TESTS),
        ("lab", lab::TESTS),
        ("doctor", doctor::TESTS),
        ("dhcp", dhcp::TESTS),
        ("slaac", slaac::TESTS),
        ("reports", reports::TESTS),
        ("several", several::TESTS),
        #[cfg(feature = "completions")]
        ("packaging", packaging::TESTS),
    ])
}

#[cfg(not(target_os = "linux"))]
fn main() {}
