//! What a server says when it begins.

use std::fmt;

use uppercase::trace::json::{Object, array, string};

use super::args::Server;
use super::endpoints::{add_endpoints, endpoints};
use super::reporter::Printed;

/// What is said where addresses have to be obtained first.
const ASKING: &str = "Asking the network for an address";

/// Where the servers can be reached, and how to try it if that can work; or that the network is asked
/// for an address.
pub struct Ready<'s> {
    pub args: &'s Server,
    pub example: Option<String>,
}

impl fmt::Display for Ready<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.args.link.asks_network() {
            return writeln!(f, "{ASKING}");
        }
        writeln!(f, "The server is ready to receive")?;
        f.write_str(&endpoints(self.args, &self.args.link.addresses(1)))?;
        match &self.example {
            Some(example) => writeln!(f, "{example}"),
            None => Ok(()),
        }
    }
}

impl Printed for Ready<'_> {
    fn json(&self) -> Object {
        let mut object = Object::new();
        if self.args.link.asks_network() {
            object.text("report", "addresses");
            object.raw("sentences", &array([string(ASKING)]));
            return object;
        }
        object.text("report", "ready");
        add_endpoints(&mut object, self.args, &self.args.link.addresses(1));
        object
    }
}
