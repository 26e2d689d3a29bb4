//! A browser, through its driver: as much of WebDriver as the tests need.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

/// A browser with one window. It ends when it is dropped.
pub struct Browser {
    driver: Child,
    session: String,
}

/// How an element is named in an answer.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How often, and how long in between, a condition is looked at before it counts as false.
const LOOKS: usize = 500;
const BETWEEN: Duration = Duration::from_millis(20);

impl Browser {
    /// Starts a browser, with a profile of its own.
    pub fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the driver starts");
        let output = driver.stdout.take().expect("its output is a pipe");
        let mut lines = BufReader::new(output).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = port.expect("the driver says where it listens");
        // What else it says is of no interest.
        std::thread::spawn(move || lines.for_each(drop));
        let arguments = [
            "--headless=new",
            "--no-sandbox", // tests run as root in containers
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--force-prefers-reduced-motion",
            "--no-first-run",
            "--window-size=1400,1000",
        ];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments },
        } } });
        let mut browser = Self {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let session = browser.post("", capabilities);
        let session = session["sessionId"].as_str().expect("a session has a name");
        browser.session = format!("{}/{session}", browser.session);
        browser
    }

    /// The page with this script in its address.
    pub fn open(&self, hash: &str) {
        let url = format!("file://{}#{hash}", crate::page().display());
        self.post("/url", json!({ "url": "about:blank" }));
        self.post("/url", json!({ "url": url }));
        self.wait_until("return document.body?.dataset.ready === 'yes'");
    }

    /// What this JavaScript returns.
    pub fn run(&self, code: &str) -> Value {
        self.post("/execute/sync", json!({ "script": code, "args": [] }))
    }

    /// What this JavaScript gives to its last argument, later.
    pub fn run_async(&self, code: &str) -> Value {
        self.post("/timeouts", json!({ "script": 600_000 }));
        self.post("/execute/async", json!({ "script": code, "args": [] }))
    }

    /// The text that this JavaScript returns.
    pub fn text(&self, code: &str) -> String {
        let value = self.run(code);
        let text = value.as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("{code}: {value} is no text"))
    }

    /// Waits for a condition.
    pub fn wait_until(&self, code: &str) {
        for _ in 0..LOOKS {
            if self.run(code) == true {
                return;
            }
            sleep(BETWEEN);
        }
        panic!(
            "never: {code}\n{}",
            self.run("return document.body.innerText")
        );
    }

    /// Clicks an element as a visitor does.
    pub fn click(&self, selector: &str) {
        let path = format!("/element/{}/click", self.element(selector));
        self.post(&path, json!({}));
    }

    /// Types into an element.
    pub fn write(&self, selector: &str, text: &str) {
        let path = format!("/element/{}/value", self.element(selector));
        self.post(&path, json!({ "text": text }));
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn press(&self, keys: &[&str]) {
        let actions = keys.iter().flat_map(|key| {
            let action = |kind: &str| json!({ "type": kind, "value": key });
            [action("keyDown"), action("keyUp")]
        });
        let actions: Vec<_> = actions.collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", json!({ "actions": [keyboard] }));
    }

    /// A command of Chromium's own protocol.
    pub fn command(&self, name: &str, parameters: Value) {
        let body = json!({ "cmd": name, "params": parameters });
        self.post("/goog/cdp/execute", body);
    }

    /// Makes the window so wide, in pixels.
    pub fn resize(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", size);
    }

    /// Has what is downloaded kept in this folder.
    pub fn keep_downloads(&self, folder: &Path) {
        let parameters = json!({ "behavior": "allow", "downloadPath": folder });
        self.command("Browser.setDownloadBehavior", parameters);
    }

    /// What the browser has complained of since this was called last.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post(
            "/element",
            json!({ "using": "css selector", "value": selector }),
        );
        let element = found[ELEMENT].as_str();
        element
            .unwrap_or_else(|| panic!("there is no {selector}"))
            .to_owned()
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.session);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let answer = agent.post(&url).send_json(body).and_then(|mut answer| {
            let value: Value = answer.body_mut().read_json()?;
            Ok(value["value"].clone())
        });
        let value = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
        if let Some(error) = value.get("error").and_then(Value::as_str) {
            panic!("{path}: {error}: {}", value["message"]);
        }
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // This ends the browser; the driver is its own program.
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
