// The page: what is in its address is run by the engine, and drawn; what the visitor does changes the
// address.

/** Runs what is in the address, and shows it; plays it from a moment on, if there is something new. */
function show(played) {
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
  drawClients();
  $("undo").disabled = undone.length === 0;
  if ($("as-text").open) drawText();
  $("capture").href = $("picture").href = $("textfile").href = "#";
  const at = script.get("at");
  moveTo(at === null ? bottom() : at > 0 ? moments[Math.min(at, moments.length) - 1]?.y ?? bottom() : 0);
  choose(chosen, false);
  document.body.dataset.milliseconds = (performance.now() - before).toFixed(1);
  document.body.dataset.drawn ??= performance.now();
  document.body.dataset.ready = "yes";
  if (!played || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const index = run.frames.findIndex((frame) => frame.name === played.name);
  const arrow = $("ladder").querySelector(`.arrow[data-frame="${index}"]`);
  playFrom(played.y ?? Number(arrow?.dataset.from ?? 0));
}

// Scenarios, settings, files -------------------------------------------------------------------

function drawLesson(script) {
  const links = [...$("scenarios").querySelectorAll("a")];
  const link = links.find((link) => link.dataset.id === script.get("scenario"));
  for (const other of links) other.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "page");
  $("lesson").hidden = !link;
  $("intro").hidden = !!link;
  if (!link) return;
  $("scenarios").scrollLeft = link.offsetLeft - $("scenarios").offsetLeft - 40;
  if ($("lesson-title").textContent !== link.textContent) $("lesson").querySelector("details").open = false;
  $("lesson-title").textContent = link.textContent;
  for (const part of ["text", "question", "answer"]) $(`lesson-${part}`).textContent = link.dataset[part];
}

function drawKnobs(script) {
  for (const knob of $("knobs").elements) {
    const initial = knob.localName === "select" ? knob.options[0].value : knob.defaultValue;
    knob.value = script.get(knob.name) ?? initial;
  }
}

/** Which client sends, where there are several. */
function drawClients() {
  const clients = [...new Set(run.samples.map((sample) => sample.host))].filter((host) => host !== "server");
  const chosen = $("who").value;
  $("who").replaceChildren(...clients.map((host) => make("option", host)));
  $("who").value = clients.includes(chosen) ? chosen : "client";
  $("who").hidden = clients.length < 2;
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
  perform(`${$("who").value} ${event.submitter?.value ?? "tcp"} ${line}`);
  $("line").value = "";
};
document.addEventListener("click", (event) => {
  const deed = event.target.closest?.("[data-do]")?.dataset.do;
  if (deed) perform(deed);
});
$("wait").onclick = () => {
  const script = params();
  script.append("do", `${Math.ceil((run.end + run.start) / 1000) + 15000} wire wait`);
  next = { y: lastMoment() };
  go(script);
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
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) $("close").click();
});
$("play").onclick = () => {
  if (!playing) return playFrom(isAtEnd() ? 0 : place);
  pause();
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
  if (!event.target.dataset.id) return;
  choose(null, false);
  undone.push(location.hash);
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
  const played = next;
  next = null;
  show(played);
});
let shownWidth = width();
addEventListener("resize", () => {
  if (width() !== shownWidth) {
    shownWidth = width();
    show();
  }
});
show();

// For the console, and for tests.
window.lab = { show, run: (script) => runScript(script, 900), capture: () => taken(engine.capture()), memory: () => engine.memory.buffer.byteLength };
