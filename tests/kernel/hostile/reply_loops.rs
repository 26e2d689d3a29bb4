//! Services of the kernel's sockets that answer every datagram: each sends the server one, as if it
//! were forged. And clients that do not, at full speed.

use super::hand::PYTHON;
use crate::command::run;
use crate::link::serve;
use crate::namespace::tool;

/// Plain sockets: no right is needed for more than the ports below 1024.
const LOOPS: &str = r"
import socket, time
SERVERS = {socket.AF_INET: ('192.168.69.1', 12000), socket.AF_INET6: ('fdaa::1', 12000)}
services = {
    'chargen (RFC 864)': (19, lambda datagram: bytes(range(32, 127))[:72]),
    'daytime (RFC 867)': (13, lambda datagram: time.asctime().encode()),
    'an error of TFTP': (69, lambda datagram: b'\0\5\0\4Illegal TFTP operation\0'),
    'echo (RFC 862)': (7, lambda datagram: datagram),
    'echo on a high port': (40007, lambda datagram: datagram),
    'upper case on a high port': (50007, lambda datagram: datagram.upper()),
}
for family, server in SERVERS.items():
    for name, (port, answer) in services.items():
        service = socket.socket(family, socket.SOCK_DGRAM)
        service.bind(('', port))
        service.settimeout(0.5)
        service.sendto(b'x', server)
        exchanged = 1
        try:
            while exchanged < 5000:
                datagram, sender = service.recvfrom(70000)
                service.sendto(answer(datagram), sender)
                exchanged += 2
        except TimeoutError:
            pass
        print(f'{name}, port {port}: {exchanged} datagrams')
        assert exchanged <= 1000
        service.close()
";

pub fn exchange_with_a_service_that_answers_ends() {
    let mut server = serve("--tap tap0");
    let outcome = run(tool(PYTHON).args(["-c", LOOPS]), "");
    println!("{}", String::from_utf8_lossy(&outcome.stdout));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let outcome = server.interrupt();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let report = outcome.text();
    assert!(
        report.contains("12 dropped: an answer is not allowed"),
        "{report}"
    );
}

/// 64 sockets, each with one line on its way at any time; a line is lost if no answer comes in 250 ms.
const CLIENTS: &str = r"
import select, socket, time
CLIENTS, LINES = 64, 1500
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(CLIENTS)]
poll, state = select.poll(), {}
def line(client, number):
    return [b'hello, world', b'%d' % number, b'client %d LINE %d' % (client, number)][client % 3]
def send(client):
    s, number = sockets[client], state[client][0]
    s.send(line(client, number))
    state[client] = (number, time.monotonic())
for client, s in enumerate(sockets):
    s.connect(('192.168.69.1', 12000))
    poll.register(s, select.POLLIN)
    state[client] = (0, 0)
    send(client)
numbers = {s.fileno(): client for client, s in enumerate(sockets)}
lost, start, begun = 0, time.monotonic(), set(range(CLIENTS))
while begun:
    for file, _ in poll.poll(50):
        client = numbers[file]
        answer = sockets[client].recv(100)
        number = state[client][0]
        if answer != line(client, number).upper():
            continue # to one that was lost
        state[client] = (number + 1, 0)
        if number + 1 == LINES:
            begun.discard(client)
        else:
            send(client)
    now = time.monotonic()
    for client in list(begun):
        if now > state[client][1] + 0.25:
            lost += 1
            send(client)
took = time.monotonic() - start
print(f'{CLIENTS * LINES} lines, {lost} lost, {CLIENTS * LINES / took:.0f} a second')
assert lost * 1000 <= CLIENTS * LINES
";

pub fn clients_at_full_speed_are_taken_for_no_service() {
    let mut server = serve("--tap tap0");
    let outcome = run(tool(PYTHON).args(["-c", CLIENTS]), "");
    println!("{}", String::from_utf8_lossy(&outcome.stdout));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let outcome = server.interrupt();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let report = outcome.text();
    assert!(!report.contains("an answer is not allowed"), "{report}");
}
