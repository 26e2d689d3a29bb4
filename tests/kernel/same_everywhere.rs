//! The transcript through the kernel: `uppercase serve`, and stock sockets.

use crate::transcript::check;
use crate::link::each_served;
use crate::stock::ask;

pub fn answers_are_those_of_the_transcript() {
    each_served("", |link| check(|request| ask(link.server(), request)));
}
