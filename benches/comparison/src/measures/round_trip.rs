//! A line there and back, again and again, over one connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{connect, line, median};

/// Not counted: caches and branch predictors fill.
const WARM_UP: u32 = 100;

/// The median in microseconds.
pub fn run(duration: Duration) -> Result<f64, String> {
    let mut stream = connect("").map_err(|error| format!("no connection: {error}"))?;
    let mut times = Vec::new();
    let end = Instant::now() + duration;
    for number in 0.. {
        let time = one(&mut stream, number)?;
        if number >= WARM_UP {
            times.push(time);
        }
        if Instant::now() >= end && number > WARM_UP {
            break;
        }
    }
    median(times).ok_or("nothing measured".into())
}

/// One line, in microseconds.
pub fn one(stream: &mut TcpStream, number: u32) -> Result<f64, String> {
    let (line, expected) = line(number);
    let mut answer = [0; 32];
    let start = Instant::now();
    let asked = stream
        .write_all(&line)
        .and_then(|()| stream.read_exact(&mut answer));
    let time = start.elapsed().as_secs_f64() * 1e6;
    asked.map_err(|error| format!("no answer: {error}"))?;
    if answer != expected {
        return Err("a wrong answer".into());
    }
    Ok(time)
}
