//! What can be downloaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use engine::{Run, Script};
use uppercase::trace::{Frame, Ladder, file, pcapng};

use crate::driver::Browser;

const SCRIPT: &str = "do 0 client tcp hello, world\ndo 400 client finish\nfate client.t1.syn.1 lose\nfate client.t1.1+13fin.1 twice 50";
const ADDRESS: &str = "do=0+client+tcp+hello%2C+world&do=400+client+finish&fate=client.t1.syn.1+lose&fate=client.t1.1%2B13fin.1+twice+50";

/// Clicks a link and waits for its file.
fn download(browser: &Browser, link: &str, name: &str) -> PathBuf {
    let folder = crate::folder(&format!("download-{link}"));
    browser.keep_downloads(&folder);
    browser.click(&format!("#{link}"));
    let file = folder.join(name);
    for _ in 0..500 {
        if file.exists() {
            return file;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("{name} was not downloaded");
}

fn run() -> Run {
    Run::new(&Script::parse(SCRIPT))
}

fn ladder(file: &Path) -> Ladder {
    let file = fs::File::open(file).expect("it was downloaded");
    let reader = pcapng::Reader::new(file).expect("it is a capture file");
    let frames = file::records(reader);
    assert!(frames.error.is_none(), "{:?}", frames.error);
    frames.ladder()
}

/// What of a frame a capture file can have.
fn told(frame: &Frame) -> (i64, Option<i64>, String) {
    let fields = frame.message.fields.iter();
    let label: Vec<_> = fields.map(|field| field.shown()).collect();
    (frame.sent, frame.arrived, label.join(" "))
}

pub fn capture(browser: &Browser) {
    browser.open(ADDRESS);
    let file = download(browser, "capture", "run.pcapng");
    let all = |ladder: &Ladder| {
        let mut all: Vec<_> = ladder.frames().iter().map(told).collect();
        // A file has its frames in the order of time, each copy where it was seen.
        all.sort();
        all
    };
    let (expected, found) = (all(&run().ladder()), all(&ladder(&file)));
    assert_eq!(found, expected);
}

pub fn tshark(browser: &Browser) {
    browser.open(ADDRESS);
    let file = download(browser, "capture", "run.pcapng");
    let output = Command::new("tshark")
        .args(["-r".as_ref(), file.as_os_str()])
        .args([
            "-Y",
            "tcp && frame.interface_name == \"client\" && ip.src == 192.168.69.2",
        ])
        .args([
            "-T",
            "fields",
            "-e",
            "frame.time_epoch",
            "-e",
            "tcp.flags.str",
            "-e",
            "tcp.seq",
        ])
        .output()
        .expect("tshark was found");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = output.lines().collect();
    let run = run();
    let ladder = run.ladder();
    let sent = ladder.frames().iter().zip(&run.names);
    let sent = sent.filter(|(frame, (name, copy))| {
        frame.message.protocol == "TCP" && name.starts_with("client.") && *copy == 0
    });
    let sent: Vec<_> = sent.collect();
    assert_eq!(lines.len(), sent.len(), "{output}");
    for (line, (frame, _)) in lines.iter().zip(sent) {
        let mut fields = line.split('\t');
        let time = fields.next().and_then(|time| time.parse::<f64>().ok());
        let micros = time.map(|time| (time * 1e6).round() as i64);
        assert_eq!(micros, Some(frame.sent), "{line}");
        let flags = fields.next().unwrap_or_default();
        let name = frame
            .message
            .fields
            .iter()
            .find(|field| field.name == "name");
        let name = name.map_or("", |field| field.shown());
        for (flag, letter) in [("SYN", 'S'), ("FIN", 'F'), ("ACK", 'A'), ("RST", 'R')] {
            assert_eq!(
                name.contains(flag),
                flags.contains(letter),
                "{line}: {name}"
            );
        }
        let sequence = frame
            .message
            .fields
            .iter()
            .find(|field| field.name == "seq");
        if let Some(sequence) = sequence {
            let number = fields.next().unwrap_or_default();
            assert_eq!(sequence.shown(), format!("seq={number}"), "{line}");
        }
    }
}

pub fn others(browser: &Browser) {
    browser.open(ADDRESS);
    let text = fs::read_to_string(download(browser, "textfile", "run.txt"));
    assert_eq!(text.ok(), Some(engine::text(&run(), 100)));
    let picture = fs::read_to_string(download(browser, "picture", "run.svg"));
    assert_eq!(picture.ok(), Some(engine::picture(&run(), 900)));
}
