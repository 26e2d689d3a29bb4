"use strict";
// The page: what is in its address is run by the engine, and drawn. Nothing else is remembered.

const $ = (id) => document.getElementById(id);
const make = (tag, text = "", attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

// The engine ----------------------------------------------------------------------------------

/** Bytes of which each four are five digits to the base of 85: `encoded` in src/bin/web.rs. */
function decoded(text, length) {
  const bytes = new DataView(new ArrayBuffer(Math.ceil(length / 4) * 4));
  for (let from = 0, to = 0; to < length; to += 4) {
    let number = 0;
    for (const end = from + 5; from < end; from++) {
      const code = text.charCodeAt(from);
      number = number * 85 + code - (code > 60 ? 36 : 35);
    }
    bytes.setUint32(to, number);
  }
  return bytes.buffer.slice(0, length);
}
const packed = decoded($("engine").textContent, Number($("engine").dataset.length));
const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
const module = await WebAssembly.compile(await new Response(unpacked).arrayBuffer());
const start = () => {
  const { exports } = new WebAssembly.Instance(module);
  exports.begin();
  return exports;
};
let engine = start();

const taken = (handed) => {
  const [address, length] = [Number(handed & 0xffffffffn), Number(handed >> 32n)];
  const bytes = new Uint8Array(engine.memory.buffer, address, length).slice();
  engine.release(address, length);
  return bytes;
};
const text = (handed) => new TextDecoder().decode(taken(handed));
const runScript = (script, width) => {
  const bytes = new TextEncoder().encode(script);
  const address = engine.allocate(bytes.length);
  new Uint8Array(engine.memory.buffer, address, bytes.length).set(bytes);
  return JSON.parse(text(engine.run(address, bytes.length, width)));
};

// The address: the whole script ----------------------------------------------------------------

const FIRST = "do=0+client+tcp+hello%2C+world&do=500+client+finish";
const params = () => new URLSearchParams(location.hash.slice(1) || FIRST);
const undone = [];
const go = (script) => {
  undone.push(location.hash);
  script.delete("at");
  location.hash = script.toString();
};
const asLines = (script) =>
  [...script].map(([name, value]) => `${name} ${value.replaceAll(/[\r\n]/g, " ")}`).join("\n");

// What is shown --------------------------------------------------------------------------------

let run; // what the engine has told
let moments = []; // where something begins or ends in the drawing, from top to bottom
let place = 0; // how far down the drawing is shown, in pixels
let chosen = null; // the name of the frame that is shown in full
let playing = 0;

const width = () => Math.min(1000, Math.floor($("run").clientWidth));
const isAtEnd = () => place >= bottom();
const bottom = () => Number($("scrub").max);
const time = (micros) => {
  const [value, unit] = Math.abs(micros) < 999_500 ? [micros / 1e3, "ms"] : [micros / 1e6, "s"];
  const digits = unit === "s" ? 3 : value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
};

function show(isNew) {
  const script = params();
  const before = performance.now();
  try {
    run = runScript(asLines(script), width());
  } catch (error) {
    $("trouble").textContent = `This run has failed, take back the last change. ${text(engine.trouble()) || error}`;
    engine = start(); // what has failed is not used again
    return;
  }
  drawLadder();
  drawHosts();
  drawDone(script);
  drawLesson(script);
  drawKnobs(script);
  const answers = run.notes.filter((note) => note.kind === "answer");
  $("answer").textContent = answers.at(-1)?.text ?? "—";
  const errors = run.notes.filter((note) => note.kind === "error");
  $("trouble").textContent = errors.map((note) => `${note.host}: ${note.text}`).join(" · ")
    + (run.is_cut_short ? " The run was cut short: it has too many packets." : "");
  $("undo").disabled = undone.length === 0;
  if ($("as-text").open) drawText();
  $("capture").href = $("picture").href = $("textfile").href = "#";
  const at = script.get("at");
  moveTo(at === null ? bottom() : at > 0 ? moments[Math.min(at, moments.length) - 1]?.y ?? bottom() : 0);
  choose(chosen, false);
  document.body.dataset.milliseconds = (performance.now() - before).toFixed(1);
  document.body.dataset.drawn ??= performance.now();
  document.body.dataset.ready = "yes";
  if (isNew && !matchMedia("(prefers-reduced-motion: reduce)").matches) playFrom(isNew);
}

function drawLadder() {
  const ladder = $("ladder");
  ladder.innerHTML = run.picture;
  const svg = ladder.firstElementChild;
  svg.querySelector("title").remove();
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "The packets, from top to bottom");
  moments = [];
  for (const arrow of svg.querySelectorAll(".arrow")) {
    const frame = run.frames[arrow.dataset.frame];
    moments.push({ y: Number(arrow.dataset.from), time: frame.sent, frame });
    moments.push({ y: Number(arrow.dataset.to), time: frame.arrived ?? frame.sent, frame, isEnd: true });
    arrow.setAttribute("clip-path", "url(#past)");
  }
  moments.sort((one, other) => one.y - other.y);
  for (const label of svg.querySelectorAll("text[data-frame]")) {
    const frame = run.frames[label.dataset.frame];
    label.setAttribute("role", "button");
    label.setAttribute("tabindex", "-1");
    label.setAttribute("aria-label", `${label.textContent}: ${title(frame)}, ${outcome(frame)}`);
  }
  svg.querySelector("text[data-frame]")?.setAttribute("tabindex", "0");
  for (const bar of svg.querySelectorAll(".bar")) bar.setAttribute("clip-path", "url(#past)");
  const height = svg.viewBox.baseVal.height;
  svg.insertAdjacentHTML("beforeend",
    `<clipPath id="past"><rect x="0" y="0" width="${svg.viewBox.baseVal.width}" height="0"/></clipPath>`
    + `<line class="now" x1="0" x2="${svg.viewBox.baseVal.width}" y1="0" y2="0" visibility="hidden"/>`);
  const lines = [...svg.querySelectorAll(".timeline")].map((line) => line.x1.baseVal.value);
  for (const note of run.notes) {
    if (note.kind !== "deed" || /^(sends|closes)/.test(note.text)) continue;
    const isRight = note.host === "server" || note.host === "wire";
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "text");
    mark.setAttribute("class", "event");
    mark.setAttribute("x", isRight ? lines[1] - 8 : lines[0] + 8);
    mark.setAttribute("y", heightAt(note.time) + 14);
    mark.setAttribute("text-anchor", isRight ? "end" : "start");
    mark.textContent = note.text;
    svg.append(mark);
  }
  $("scrub").max = Math.ceil(height);
}

const title = (frame) => `${frame.protocol} from ${frame.from === "left" ? "client" : "server"}`;
const outcome = (frame) => ({
  delivered: `arrives after ${time((frame.arrived ?? frame.sent) - frame.sent)}`,
  lost: "lost on the way",
  duplicate: "a copy that the wire has made",
  corrupted: "arrives spoiled, and is dropped",
  unknown: "still on its way",
})[frame.fate];

/** How far down the drawing a moment is, in microseconds. */
const heightAt = (micros) => {
  const after = moments.findIndex((moment) => moment.time > micros && !(moment.isEnd && moment.frame.fate === "lost"));
  return after < 0 ? moments.at(-1)?.y ?? 0 : moments[Math.max(after - 1, 0)].y;
};
/** The time at which the drawing has come so far. */
const timeAt = (y) => {
  const before = moments.filter((moment) => moment.y <= y).at(-1);
  return y >= bottom() ? run.end : before?.time ?? 0;
};

function moveTo(y) {
  place = Math.max(0, Math.min(y, bottom()));
  const svg = $("ladder").firstElementChild;
  svg.querySelector("#past rect").setAttribute("height", place);
  for (const label of svg.querySelectorAll("text[y]")) {
    const moment = label.dataset.frame && svg.querySelector(`.arrow[data-frame="${label.dataset.frame}"]`);
    const from = moment ? Number(moment.dataset.from) : label.y.baseVal[0].value - 6;
    const isHead = label.classList.contains("title") || label.classList.contains("address");
    label.classList.toggle("future", from > place && !isHead);
  }
  const line = svg.querySelector(".now");
  line.setAttribute("visibility", isAtEnd() ? "hidden" : "visible");
  line.setAttribute("y1", place);
  line.setAttribute("y2", place);
  const now = timeAt(place);
  $("scrub").value = place;
  $("scrub").setAttribute("aria-valuetext", time(now));
  $("clock").textContent = time(now);
  fillHosts(place > 0 ? now : -1);
}

/** Keeps the moment in the address, so that it can be linked. */
function keepMoment() {
  const script = new URLSearchParams(location.hash.slice(1) || FIRST);
  script.delete("at");
  if (!isAtEnd()) script.set("at", moments.filter((moment) => moment.y <= place).length);
  history.replaceState(null, "", `#${script}`);
}

function playFrom(y) {
  cancelAnimationFrame(playing);
  const speed = Math.max(140, (bottom() - y) / 8); // pixels a second
  let last = performance.now();
  place = y;
  const tick = (now) => {
    moveTo(place + (now - last) * speed / 1000);
    last = now;
    playing = isAtEnd() ? 0 : requestAnimationFrame(tick);
    $("play").textContent = playing ? "Pause" : "Play";
    if (!playing) keepMoment();
  };
  playing = requestAnimationFrame(tick);
  $("play").textContent = "Pause";
}
function pause() {
  cancelAnimationFrame(playing);
  playing = 0;
  $("play").textContent = "Play";
}

// The hosts ------------------------------------------------------------------------------------

const hostNames = () => [...new Set(run.samples.map((sample) => sample.host))];

function drawHosts() {
  const sides = [make("div", "", { class: "left" }), make("div", "", { class: "right" })];
  for (const name of hostNames()) {
    const card = make("section", "", { class: "host", "data-host": name, "aria-label": name });
    sides[name === "server" ? 1 : 0].append(card);
  }
  $("hosts").replaceChildren(...sides);
}

function fillHosts(now) {
  for (const card of $("hosts").querySelectorAll(".host")) {
    const name = card.dataset.host;
    const sample = run.samples.findLast((sample) => sample.host === name && sample.time <= now);
    const key = JSON.stringify([sample, sample?.timer && now]);
    if (card.dataset.key === key) continue;
    card.dataset.key = key;
    const states = sample?.is_on === false ? ["no power"] : sample?.connections.map((one) => one.state) ?? [];
    const idle = name === "server" ? "LISTEN" : "CLOSED";
    const head = make("h3", name);
    head.append(make("span", states.join(" ") || idle, { class: "state" }));
    const list = make("dl");
    for (const one of sample?.connections ?? []) {
      gauge(list, "received, not read", one.received, one.receive_buffer);
      gauge(list, "sent, not acknowledged", one.unacknowledged, one.transmit_buffer);
      list.append(make("dt", "window"), make("dd", `${one.receive_buffer - one.received}`));
    }
    if (sample?.timer != null && sample.timer > now) {
      list.append(make("dt", "timer", { class: "timer" }), make("dd", `in ${time(sample.timer - now)}`, { class: "timer" }));
    }
    const buttons = make("div", "", { class: "row" });
    const button = (label, deed) => buttons.append(make("button", label, { type: "button", "data-do": `${name} ${deed}` }));
    if (sample?.is_on === false) button("Boot", "boot");
    else {
      button("Close", "finish");
      button(sample?.reads === false ? "Read on" : "Stop reading", sample?.reads === false ? "resume" : "pause");
      button("Crash", "crash");
    }
    const focused = card.contains(document.activeElement) ? document.activeElement.dataset.do : null;
    card.replaceChildren(head, list, buttons);
    if (focused) card.querySelector(`[data-do="${focused}"]`)?.focus();
  }
}
function gauge(list, name, used, size) {
  const bar = make("div", "", { class: "gauge", "aria-hidden": "true" });
  const fill = make("i");
  fill.style.width = `${Math.ceil(100 * used / size)}%`;
  bar.append(fill);
  list.append(make("dt", name), make("dd", `${used} of ${size}`), bar);
}

// What was done --------------------------------------------------------------------------------

/** What was done, for a reader. */
function deedText(who, deed, ...rest) {
  const what = rest.join(" ");
  return ({
    tcp: `${who} sends “${what}” over TCP`,
    udp: `${who} sends “${what}” over UDP`,
    bulk: `${who} sends ${what} bytes`,
    finish: `${who} closes its side`,
    abort: `${who} resets the connection`,
    pause: `${who} stops reading`,
    resume: `${who} reads on`,
    crash: `${who} crashes`,
    boot: `${who} boots`,
    cut: "the wire is cut",
    mend: "the wire is mended",
    flood: `a flood of ${what} SYNs`,
    forge: "a forged datagram",
    wait: "time passes",
  })[deed] ?? deed;
}
/** A frame that was chosen by its name, for a reader: `client.t1.syn.2`. */
function frameText(name) {
  const frame = run.frames.find((frame) => frame.name === name);
  return frame ? `${title(frame)} at ${time(frame.sent)}` : name;
}
const fateNames = { lose: "lost", delay: "delayed", twice: "twice", spoil: "spoiled" };

function drawDone(script) {
  const items = [...script].filter(([name]) => name === "do" || name === "fate").map(([name, value]) => {
    const item = make("li");
    const [first, ...rest] = value.split(" ");
    if (name === "do") item.append(make("time", time(first * 1000)), ` ${deedText(...rest)} `);
    else item.append(`${frameText(first)} ${fateNames[rest[0]] ?? rest[0]} `);
    const remove = make("button", "×", { type: "button", "aria-label": `Take back: ${value}` });
    remove.onclick = () => {
      const next = params();
      next.delete(name, value);
      go(next);
    };
    item.append(remove);
    return item;
  });
  $("done").replaceChildren(...items);
}

/** Does something at the moment that is shown, or some time after the end. */
function perform(...deeds) {
  const script = params();
  const start = run.start;
  const end = run.end + start;
  const at = script.has("do")
    ? isAtEnd() ? Math.ceil(end / 1e5) * 100 + 100 : Math.ceil((timeAt(place) + start) / 1000)
    : 0;
  for (const deed of deeds) script.append("do", `${at} ${deed}`);
  const from = place;
  go(script);
  pendingPlay = Math.max(1, Math.min(from, lastMoment()));
}
let pendingPlay = 0;
const lastMoment = () => moments.at(-1)?.y ?? 1;

// A frame --------------------------------------------------------------------------------------

function choose(name, isFocused) {
  const index = run.frames.findIndex((frame) => `${frame.name} ${frame.copy}` === name);
  chosen = index < 0 ? null : name;
  for (const part of $("ladder").querySelectorAll("[data-frame]")) {
    const isChosen = Number(part.dataset.frame) === index;
    part.classList.toggle("chosen", isChosen);
    if (part.localName === "text") {
      part.setAttribute("aria-pressed", String(isChosen));
      if (index >= 0) part.setAttribute("tabindex", isChosen ? "0" : "-1");
      if (isChosen && isFocused) part.focus();
      if (isChosen && getComputedStyle($("frame")).position === "fixed") part.scrollIntoView();
    }
  }
  $("frame").classList.toggle("empty", index < 0);
  if (index < 0) return;
  const frame = run.frames[index];
  $("frame-title").textContent = `${title(frame)}, ${time(frame.sent)}`;
  $("frame-label").textContent = frame.label;
  $("sentences").replaceChildren(...[...frame.sentences, outcome(frame)].map((sentence) => {
    const known = sentence.replace(/^≈ /, ""); // the mark of what only follows from the packets
    const element = make("p", `${known[0].toUpperCase()}${known.slice(1)}.`);
    if (known !== sentence) element.append(" ", make("small", "This follows from the packets."));
    return element;
  }));
  const fates = params().getAll("fate").filter((fate) => fate.startsWith(`${frame.name} `));
  const fate = fates.at(-1)?.slice(frame.name.length + 1) ?? "";
  for (const radio of $("fate").querySelectorAll("input")) radio.checked = radio.value === fate;
  drawBytes(JSON.parse(text(engine.frame(index))));
}

function drawBytes({ bytes, layers }) {
  const cells = bytes.map((byte) => make("span", byte.toString(16).padStart(2, "0")));
  $("bytes").replaceChildren(...cells);
  const rows = [];
  const tables = layers.map((layer) => {
    const table = make("table");
    table.append(make("caption", layer.name));
    for (const field of layer.fields) {
      const row = table.insertRow();
      const value = make("td", field.value);
      if (field.meaning) value.append(make("small", field.meaning));
      row.append(make("th", field.name, { scope: "row" }), value);
      rows.push([row, field]);
    }
    return table;
  });
  $("layers").replaceChildren(...tables);
  const light = (found) => {
    for (const [row] of rows) row.classList.toggle("lit", row === found?.[0]);
    cells.forEach((cell, at) => cell.classList.toggle("lit", !!found && at >= found[1].at && at < found[1].at + found[1].length));
  };
  for (const row of rows) {
    row[0].onpointerenter = () => light(row);
    row[0].onpointerleave = () => light();
  }
  cells.forEach((cell, at) => {
    cell.onpointerenter = () => light(rows.find(([, field]) => at >= field.at && at < field.at + field.length));
    cell.onpointerleave = () => light();
  });
}

// Scenarios, settings, files -------------------------------------------------------------------

function drawLesson(script) {
  const links = [...$("scenarios").querySelectorAll("a")];
  const link = links.find((link) => link.dataset.id === script.get("scenario"));
  for (const other of links) other.toggleAttribute("aria-current", other === link);
  link?.setAttribute("aria-current", "page");
  $("lesson").hidden = !link;
  if (!link) return;
  $("scenarios").scrollLeft = link.offsetLeft - $("scenarios").offsetLeft - 40;
  $("lesson-title").textContent = link.textContent;
  for (const part of ["text", "question", "answer"]) $(`lesson-${part}`).textContent = link.dataset[part];
}

function drawKnobs(script) {
  for (const knob of $("knobs").elements) {
    const initial = knob.localName === "select" ? knob.options[0].value : knob.defaultValue;
    knob.value = script.get(knob.name) ?? initial;
  }
}

function drawText() {
  $("text").textContent = text(engine.text(100));
}

const files = {
  capture: () => [taken(engine.capture()), "application/octet-stream"],
  picture: () => [taken(engine.picture(900)), "image/svg+xml"],
  textfile: () => [taken(engine.text(100)), "text/plain"],
};

// What the visitor does ------------------------------------------------------------------------

$("talk").onsubmit = (event) => {
  event.preventDefault();
  const line = $("line").value || $("line").placeholder;
  perform(`client ${event.submitter?.value ?? "tcp"} ${line}`);
  $("line").value = "";
};
document.addEventListener("click", (event) => {
  const deed = event.target.closest?.("[data-do]")?.dataset.do;
  if (deed) perform(deed);
});
$("wait").onclick = () => {
  const script = params();
  script.append("do", `${Math.ceil((run.end + run.start) / 1000) + 15000} wire wait`);
  const from = lastMoment();
  go(script);
  pendingPlay = from;
};
$("ladder").addEventListener("click", (event) => {
  const index = event.target.closest("[data-frame]")?.dataset.frame;
  if (index === undefined) return;
  pause();
  const { name, copy } = run.frames[index];
  choose(`${name} ${copy}`, false);
});
$("ladder").addEventListener("keydown", (event) => {
  const labels = [...$("ladder").querySelectorAll("text[data-frame]:not(.future)")];
  const at = labels.indexOf(document.activeElement);
  if (at < 0) return;
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: labels.length - 1 }[event.key];
  if (next !== undefined && labels[next]) {
    labels[at].setAttribute("tabindex", "-1");
    labels[next].setAttribute("tabindex", "0");
    labels[next].focus();
  } else if (event.key === "Enter" || event.key === " ") {
    const { name, copy } = run.frames[labels[at].dataset.frame];
    choose(`${name} ${copy}`, true);
    $("fate").querySelector(":checked")?.focus();
  } else return;
  event.preventDefault();
});
$("fate").onchange = (event) => {
  const script = params();
  const [name] = chosen.split(" ");
  const others = script.getAll("fate").filter((fate) => !fate.startsWith(`${name} `));
  script.delete("fate");
  for (const fate of others) script.append("fate", fate);
  if (event.target.value) script.append("fate", `${name} ${event.target.value}`);
  go(script);
};
$("close").onclick = () => {
  const label = $("ladder").querySelector("text.chosen");
  choose(null, false);
  label?.focus();
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) $("close").click();
});
$("play").onclick = () => {
  if (!playing) return playFrom(isAtEnd() ? 0 : place);
  pause();
  keepMoment();
};
const step = (direction) => {
  pause();
  const stops = [0, ...new Set(moments.map((moment) => moment.y)), bottom()];
  const next = direction > 0 ? stops.find((y) => y > place) : stops.findLast((y) => y < place);
  moveTo(next ?? place);
  keepMoment();
};
$("step").onclick = () => step(1);
$("back").onclick = () => step(-1);
$("scrub").oninput = () => { pause(); moveTo(Number($("scrub").value)); };
$("scrub").onchange = keepMoment;
$("undo").onclick = () => {
  // An empty one would scroll to the top.
  location.hash = undone.pop() || FIRST;
  $("undo").disabled = undone.length === 0;
};
$("scenarios").addEventListener("click", (event) => {
  if (event.target.dataset.id) undone.push(location.hash);
});
$("restart").onclick = () => { choose(null, false); go(new URLSearchParams("seed=1")); };
$("knobs").onsubmit = (event) => event.preventDefault();
$("knobs").onchange = (event) => {
  if (!event.target.reportValidity()) return;
  const script = params();
  script.set(event.target.name, event.target.value);
  go(script);
};
$("as-text").ontoggle = () => { if ($("as-text").open) drawText(); };
for (const [id, content] of Object.entries(files)) {
  $(id).addEventListener("click", () => {
    const [bytes, type] = content();
    URL.revokeObjectURL($(id).href);
    $(id).href = URL.createObjectURL(new Blob([bytes], { type }));
  });
}
addEventListener("hashchange", () => {
  pause();
  const from = pendingPlay;
  pendingPlay = 0;
  show(from);
});
let shownWidth = width();
addEventListener("resize", () => {
  if (width() !== shownWidth) {
    shownWidth = width();
    show(0);
  }
});
show(0);

// For the console, and for tests.
window.lab = { run: (script) => runScript(script, 900), capture: () => taken(engine.capture()), memory: () => engine.memory.buffer.byteLength };
