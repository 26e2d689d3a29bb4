//! `device::tuntap` against the kernel of this machine.

mod bulk;
mod checksums;
mod datagrams;
mod frames;
mod offload;
mod open;
mod packet;
pub mod refusal;
mod segments;
mod trouble;
mod wire;

use crate::namespace::{Test, tests};
use {
    bulk::*, checksums::*, datagrams::*, frames::*, offload::*, open::*, segments::*, trouble::*,
};

pub const TESTS: &[Test] = tests![
    created_interface_is_complete_and_disappears,
    existing_interface_stays_as_it_is,
    existing_interface_that_is_off_is_opened_and_stays_off,
    owner_of_an_interface_needs_no_privilege,
    missing_privilege_is_explained,
    missing_driver_is_explained,
    busy_interface_is_refused,
    interface_of_another_kind_is_refused,
    impossible_names_are_refused,
    addresses_of_other_interfaces_are_refused,
    ipv6_that_is_switched_off_is_explained,
    tap_carries_ethernet_both_ways,
    tun_carries_packets_both_ways,
    ipv6_can_be_used_at_once,
    checksums_are_complete_without_offload,
    bulk_transfer_has_no_oversize_frames,
    frame_stays_until_its_token_is_consumed,
    offload_is_on_unless_it_is_refused,
    bulk_arrives_whole_with_offload_and_without,
    bulk_arrives_whole_at_a_kernel_with_small_segments,
    each_segment_on_a_wire_has_the_right_size,
    segments_are_as_small_as_the_other_side_asks,
    what_the_kernel_does_not_answer_for_is_verified,
    frame_behind_a_corrupt_one_is_received_at_once,
    udp_without_a_checksum_is_completed,
    only_segments_that_follow_each_other_are_gathered,
    kernel_without_offload_is_lived_with,
    kernel_that_refuses_large_frames_gets_each_segment_by_itself,
    kernel_that_refuses_large_frames_gets_each_datagram_by_itself,
    only_datagrams_of_one_length_between_two_ports_are_gathered,
    gathered_datagrams_reach_the_kernel_one_by_one,
    kernel_that_cuts_no_datagrams_gets_each_by_itself,
    oversize_frames_are_dropped_and_counted,
    interface_that_is_switched_off_and_on_recovers,
    deleted_interface_is_an_error_and_not_a_flood,
    waiting_is_exact_and_watches_other_files,
];
