//! What a visitor does.

use crate::driver::Browser;

/// Keys that are no characters (WebDriver, 17.4.2).
const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const SPACE: &str = " ";

const ANSWER: &str = "return document.querySelector('#answer').textContent";

/// The labels of all frames that are shown at this moment.
fn labels(browser: &Browser) -> Vec<String> {
    let labels = browser.run(
        "return [...document.querySelectorAll('text[data-frame]:not(.future)')].map(one => one.textContent)",
    );
    let labels = labels.as_array().cloned().unwrap_or_default();
    let labels = labels.iter().filter_map(|label| label.as_str());
    labels.map(str::to_owned).collect()
}

fn label_of(browser: &Browser, beginning: &str) -> String {
    let frame = labels(browser)
        .iter()
        .position(|label| label.starts_with(beginning));
    let frame = frame.unwrap_or_else(|| panic!("no {beginning} in {:?}", labels(browser)));
    format!("text[data-frame=\"{frame}\"]")
}

fn answers(browser: &Browser, answer: &str) {
    browser.wait_until(&format!(
        "return document.querySelector('#answer').textContent === {answer:?}"
    ));
}

pub fn types(browser: &Browser) {
    browser.open("");
    assert_eq!(browser.text(ANSWER), "HELLO, WORLD");
    browser.write("#line", &format!("größe, 한국 und mehr{ENTER}"));
    answers(browser, "GRÖSSE, 한국 UND MEHR");
    // An emoji is beyond what this driver types.
    browser.run("document.querySelector('#line').value = 'smile 🙂'");
    browser.click("[name=over][value=udp]");
    answers(browser, "SMILE 🙂");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

pub fn loses_a_syn(browser: &Browser) {
    browser.open("");
    let before = labels(browser);
    assert!(
        !before
            .iter()
            .any(|label| label.contains("[retransmission]"))
    );
    let syn = label_of(browser, "SYN seq");
    browser.click(&syn);
    browser.click("#fate [value=lose]");
    browser.wait_until(
        "return document.querySelector('#ladder').textContent.includes('[retransmission]')",
    );
    let after = labels(browser);
    let lost = after.iter().filter(|label| label.ends_with("[lost]"));
    assert_eq!(lost.count(), 1, "{after:?}");
    assert_eq!(browser.text(ANSWER), "HELLO, WORLD");
    // The second one is another frame, and can be lost as well.
    let second = after
        .iter()
        .position(|label| label.contains("[retransmission]"));
    browser.click(&format!(
        "text[data-frame=\"{}\"]",
        second.expect("it was found above")
    ));
    browser.click("#fate [value=lose]");
    browser.wait_until("return document.querySelectorAll('#ladder .bad.tip, #ladder .arrow:has(.bad)').length === 2");
    assert_eq!(browser.text(ANSWER), "HELLO, WORLD");
    browser.click("#undo");
    browser.click("#undo");
    browser.wait_until("return !document.querySelector('#ladder').textContent.includes('[lost]')");
    assert_eq!(labels(browser), before);
}

pub fn uses_the_keyboard(browser: &Browser) {
    browser.open("");
    let focus = "return document.activeElement.dataset.frame ?? document.activeElement.id ?? ''";
    let mut tabs = 0;
    while browser.text(focus) != "0" {
        browser.press(&[TAB]);
        tabs += 1;
        assert!(tabs < 60, "no frame is reached by the Tab key");
    }
    browser.press(&[DOWN, DOWN, ENTER]);
    let title = "return document.querySelector('#frame-title').textContent";
    assert!(browser.text(title).starts_with("SYN from client"));
    // The focus is on the choice that holds; the next one is to lose the frame.
    browser.press(&[DOWN]);
    browser.wait_until("return document.querySelector('#ladder').textContent.includes('[lost]')");
    browser.press(&[ESCAPE]);
    assert_eq!(
        browser.run("return document.querySelector('text.chosen')"),
        serde_json::Value::Null
    );
    browser.run("document.querySelector('#step').focus()");
    browser.run(
        "document.querySelector('#scrub').value = 0; document.querySelector('#scrub').oninput()",
    );
    browser.press(&[SPACE, SPACE]);
    assert_eq!(labels(browser).len(), 1);
}

pub fn steps(browser: &Browser) {
    browser.open("");
    let all = labels(browser).len();
    assert!(all > 8);
    let mut shown = all;
    while shown > 0 {
        let before = browser.run("return document.querySelector('#scrub').valueAsNumber");
        browser.click("#back");
        let now = labels(browser).len();
        assert!(now <= shown);
        shown = now;
        let after = browser.run("return document.querySelector('#scrub').valueAsNumber");
        assert!(after.as_f64() < before.as_f64(), "{after} after {before}");
    }
    // What a host has to do is that of the moment.
    let states =
        "return [...document.querySelectorAll('.host .state')].map(one => one.textContent).join()";
    assert_eq!(browser.text(states), "CLOSED,LISTEN");
    while !browser.text(states).starts_with("SYN-SENT") {
        browser.click("#step");
    }
    browser.click("#play");
    browser.wait_until("return document.querySelector('#play').textContent === 'Play'");
    assert_eq!(labels(browser).len(), all);
}

pub fn links(browser: &Browser) {
    browser.open("do=0+client+tcp+linked&fate=client.t1.syn.1+lose&seed=9");
    (0..4).for_each(|_| browser.click("#back"));
    let shown = labels(browser);
    let address = browser.text("return location.hash");
    assert!(address.contains("at="), "{address}");
    browser.open(address.trim_start_matches('#'));
    assert_eq!(labels(browser), shown);
    // At this moment there was no answer yet.
    assert_eq!(browser.text(ANSWER), "—");
    (0..4).for_each(|_| browser.click("#step"));
    assert_eq!(browser.text(ANSWER), "LINKED");
}

pub fn disturbs(browser: &Browser) {
    browser.open("do=0+client+tcp+one");
    let state = |host: &str| {
        browser.text(&format!(
            "return document.querySelector('[data-host={host}] .state').textContent"
        ))
    };
    assert_eq!(state("server"), "ESTABLISHED");
    browser.click("[data-do='server crash']");
    browser.wait_until(
        "return document.querySelector('[data-host=server] .state').textContent === 'no power'",
    );
    browser.click("[data-do='server boot']");
    browser.wait_until(
        "return document.querySelector('[data-host=server] .state').textContent === 'LISTEN'",
    );
    assert_eq!(state("client"), "ESTABLISHED");
    browser.write("#line", &format!("two{ENTER}"));
    browser.wait_until("return document.querySelector('#ladder').textContent.includes('RST')");
    browser.wait_until("return document.querySelector('#trouble').textContent.includes('client')");
    // What was done can be taken back, here that the server has lost its power.
    browser.click("#done li:nth-child(2) button");
    answers(browser, "TWO");
    browser.click("#settings summary");
    browser.run("const knob = document.querySelector('[name=clients]'); knob.value = 3; knob.dispatchEvent(new Event('change', { bubbles: true }))");
    browser.wait_until("return document.querySelectorAll('.host').length === 4");
    browser.run("document.querySelector('#who').value = 'client3'");
    browser.write("#line", &format!("three{ENTER}"));
    answers(browser, "THREE");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

pub fn has_a_phone(browser: &Browser) {
    browser.open("");
    for width in [360, 800, 1400] {
        browser.resize(width);
        browser.wait_until("return document.documentElement.scrollWidth <= innerWidth");
        assert!(labels(browser).len() > 8);
        let syn = label_of(browser, "SYN seq");
        browser.click(&syn);
        browser.click("#close");
    }
}

pub fn is_alone(browser: &Browser) {
    browser.open("");
    browser.write("#line", &format!("quiet{ENTER}"));
    answers(browser, "QUIET");
    assert_eq!(
        browser.run("return performance.getEntriesByType('resource').length"),
        0
    );
    assert_eq!(browser.run("return document.cookie.length"), 0);
    // What the page would ask for is refused.
    let refused = browser.run_async(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done(false), () => done(true))",
    );
    assert_eq!(refused, true);
    let complaints = browser.complaints().join("\n");
    assert!(
        complaints.contains("Content Security Policy"),
        "{complaints}"
    );
}
