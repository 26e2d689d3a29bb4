//! The transcript through the kernel: `uppercase serve`, and stock sockets.

use crate::link::each_served;
use crate::stock::ask;
use crate::transcript::check;

pub fn answers_are_those_of_the_transcript() {
    each_served("", |link| check(|request| ask(link.server(), request)));
}
