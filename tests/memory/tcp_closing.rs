//! Every order in which a TCP connection can end, and what is left of it.

use super::common;

mod lost;
mod order;
mod window;

use uppercase::tcp::Config;

use common::network::Link;
use common::scene::Scene;

fn once() -> Config {
    Config::default().with_once(true)
}

/// The same scene over every link, with a server of one slot.
fn everywhere(config: Config, act: impl Fn(&mut Scene)) {
    for link in Link::ALL {
        act(&mut Scene::new(link, 1, config));
    }
}
