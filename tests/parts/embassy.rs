//! Embassy's drivers as devices: the frames, the wakers, and a server that sleeps.

mod conversation;
mod device;
mod executor;
mod host;
mod line;
mod panel;
mod sleep;

const SERVER: u8 = 1;
const CLIENT: u8 = 2;
