//! Links that are down for a while, and hosts that reboot.
