//! Many clients at the other end of the cable, all of which come at once.

use std::task::Poll;

use smoltcp::time::Duration;
use smoltcp::wire::IpEndpoint;
use uppercase::{Context, PORT, tcp};

use crate::cable::Cable;
use crate::peer::{now, run, stack};

/// How long one waits for its turn. All of them together may take no longer.
const PATIENCE: Duration = Duration::from_secs(60);

struct Caller {
    client: tcp::Client,
    text: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    is_served: bool,
}

impl Caller {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Result<(), tcp::Error> {
        self.sent += self.client.send(context, &self.text[self.sent..])?;
        if self.sent == self.text.len() {
            self.client.finish(context);
        }
        let mut buffer = [0; 1024];
        while let Poll::Ready(length) = self.client.receive(context, &mut buffer)? {
            self.answer.extend_from_slice(&buffer[..length]);
            if length == 0 {
                self.is_served = self.client.is_closed(context)?;
                break;
            }
        }
        Ok(())
    }
}

/// What the board answers to each of these texts, each of which is from a client of its own. Fails
/// if any of them is refused.
pub fn ask(cable: Cable, texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let server = IpEndpoint::new(cable.addresses.board.into(), PORT);
    let (mut stack, start) = stack(cable);
    let callers = texts.iter().map(|text| {
        let storage = Box::leak(Box::new(tcp::ClientStorage::<2048, 2048>::new()));
        let client = tcp::Client::new(stack.sockets(), storage, PATIENCE);
        let mut client = client.expect("there is room");
        let connecting = client.connect(&mut stack.context(now(start)), server);
        connecting.expect("a way to the server");
        Caller {
            client,
            text: text.clone(),
            sent: 0,
            answer: Vec::new(),
            is_served: false,
        }
    });
    let mut callers: Vec<Caller> = callers.collect();
    let outcome: Result<(), tcp::Error> = run(&mut stack, start, |context| {
        let waiting = callers.iter_mut().filter(|caller| !caller.is_served);
        for caller in waiting {
            caller.poll(context)?;
        }
        let due = callers.iter().filter(|caller| !caller.is_served);
        let due = due.filter_map(|caller| caller.client.deadline()).min();
        Ok((callers.iter().all(|caller| caller.is_served), due))
    });
    outcome.expect("everybody is served");
    callers.into_iter().map(|caller| caller.answer).collect()
}
