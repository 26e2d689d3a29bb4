//! Embassy's drivers as devices: the frames, the wakers, and a server that sleeps.

#[path = "embassy/conversation.rs"]
mod conversation;
#[path = "embassy/device.rs"]
mod device;
#[path = "embassy/executor.rs"]
mod executor;
#[path = "embassy/host.rs"]
mod host;
#[path = "embassy/line.rs"]
mod line;
#[path = "embassy/sleep.rs"]
mod sleep;

const SERVER: u8 = 1;
const CLIENT: u8 = 2;
