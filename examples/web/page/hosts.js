// What each host has to do at the moment that is shown: its connections, buffers and next timer.

function drawHosts() {
  const sides = [make("div", "", { class: "left" }), make("div", "", { class: "right" })];
  for (const name of new Set(run.samples.map((sample) => sample.host))) {
    const card = make("section", "", { class: "host", "data-host": name, "aria-label": name });
    // As many rows at each moment as are needed at one of them: nothing jumps.
    card.rows = Math.max(1, ...run.samples.filter((sample) => sample.host === name).map((sample) => sample.connections.length));
    sides[name === "server" ? 1 : 0].append(card);
  }
  $("hosts").classList.toggle("many", sides[0].children.length > 1);
  $("hosts").replaceChildren(...sides);
}

function fillHosts(now) {
  for (const card of $("hosts").querySelectorAll(".host")) {
    const name = card.dataset.host;
    const sample = run.samples.findLast((sample) => sample.host === name && sample.time <= now);
    const timer = sample?.timer > now ? sample.timer - now : null;
    const key = JSON.stringify([sample, timer]);
    if (card.dataset.key === key) continue;
    card.dataset.key = key;
    const focused = card.contains(document.activeElement) ? document.activeElement.dataset.do : null;
    card.replaceChildren(head(name, sample), list(card.rows, sample, timer), buttons(name, sample));
    if (focused) card.querySelector(`[data-do="${focused}"]`)?.focus();
  }
}

function head(name, sample) {
  const connections = sample?.connections ?? [];
  const idle = name === "server" ? "LISTEN" : "CLOSED";
  const state = sample?.is_on === false ? "no power"
    : connections.length > 1 ? `${connections.length} connections` : connections[0]?.state ?? idle;
  const head = make("h3", name);
  head.append(make("span", state, { class: "state" }));
  return head;
}

function list(rows, sample, timer) {
  const list = make("dl");
  const connections = sample?.connections ?? [];
  if (rows > 1) {
    for (let row = 0; row < rows; row++) {
      const one = connections[row];
      list.append(make("dt", one ? `:${one.port}` : "—"), make("dd", one?.state ?? "", { class: "state" }));
    }
  } else {
    const [one] = connections;
    gauge(list, "received", ", not read", one?.received, one?.receive_buffer);
    gauge(list, "sent", ", not acknowledged", one?.unacknowledged, one?.transmit_buffer);
  }
  list.append(make("dt", timer === null ? "no timer" : timerText(sample)), make("dd", timer === null ? "" : `in ${time(timer)}`));
  return list;
}

function gauge(list, name, more, used, size) {
  const label = make("dt", name);
  label.append(make("span", more, { class: "more" }));
  const bar = make("div", "", { class: "gauge", "aria-hidden": "true" });
  const fill = make("i");
  fill.style.width = `${size ? Math.ceil(100 * used / size) : 0}%`;
  bar.append(fill);
  list.append(label, make("dd", size ? `${used} of ${size}` : "—"), bar);
}

/** What the host does when its next timer expires, as far as its connections tell. */
function timerText(sample) {
  const has = (...states) => sample.connections.some((one) => states.includes(one.state));
  if (sample.connections.length > 1 || params().get("ack") > 0) return "next timer";
  if (sample.connections.some((one) => one.unacknowledged > 0) || has("SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK")) return "sends again";
  if (has("TIME-WAIT")) return "ends";
  if (has("ESTABLISHED")) return "keep-alive";
  return "next timer";
}

function buttons(name, sample) {
  const buttons = make("div", "", { class: "row" });
  const button = (label, deed, why = "") => {
    const button = make("button", label, { type: "button", "data-do": `${name} ${deed}` });
    button.disabled = why !== "";
    button.title = why;
    buttons.append(button);
  };
  if (sample?.is_on === false) {
    button("Boot", "boot");
    return buttons;
  }
  const states = (sample?.connections ?? []).map((one) => one.state);
  const canClose = states.some((state) => ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"].includes(state));
  button("Close", "finish", canClose ? "" : states.length > 0 ? "It has closed already." : "There is no connection.");
  if (sample?.reads === false) button("Read on", "resume");
  else {
    button("Stop", "pause");
    buttons.lastChild.append(make("span", " reading", { class: "more" }));
  }
  button("Crash", "crash");
  return buttons;
}
