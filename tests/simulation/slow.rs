//! Links that are slow, carry little, and have hardly any room.
