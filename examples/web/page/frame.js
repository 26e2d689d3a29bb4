// The frame that is chosen: what it is, its bytes, and what becomes of it.

let chosen = null; // its name, and which copy it is
const isSheet = () => chosen !== null && getComputedStyle($("frame")).position === "fixed";

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
      if (isChosen && isSheet()) part.scrollIntoView();
    }
  }
  $("frame").classList.toggle("empty", index < 0);
  if (index < 0) return;
  const frame = run.frames[index];
  $("frame-title").textContent = `${title(frame)}, ${time(frame.sent)}`;
  $("frame-label").textContent = frame.label;
  const isTold = frame.fate === "lost" && frame.sentences.some((sentence) => sentence.includes("ost on the way"));
  $("sentences").replaceChildren(...[...frame.sentences, ...isTold ? [] : [outcome(frame)]].map((sentence) => {
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

$("fate").onchange = (event) => {
  const script = params();
  const [name] = chosen.split(" ");
  const others = script.getAll("fate").filter((fate) => !fate.startsWith(`${name} `));
  script.delete("fate");
  for (const fate of others) script.append("fate", fate);
  if (event.target.value) script.append("fate", `${name} ${event.target.value}`);
  next = { name };
  go(script);
};
$("close").onclick = () => {
  const label = $("ladder").querySelector("text.chosen");
  choose(null, false);
  label?.focus();
};
