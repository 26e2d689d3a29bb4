// The drawing, and the moment of it that is shown: what is below is still to come.

let run; // what the engine has told
let moments = []; // where something happens in the drawing, from top to bottom
let appearing = []; // what is not there from the beginning, with the heights from which it is
let place = 0; // how far down the drawing is shown, in pixels
let playing = 0;

const width = () => Math.min(1000, Math.floor($("run").clientWidth));
const bottom = () => Number($("scrub").max);
const isAtEnd = () => place >= bottom();
const lastMoment = () => moments.at(-1)?.y ?? 1;

function drawLadder() {
  const ladder = $("ladder");
  ladder.innerHTML = run.picture;
  const svg = ladder.firstElementChild;
  svg.querySelector("title").remove();
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "The packets, from top to bottom");
  $("nothing").hidden = run.frames.length > 0;
  ladder.hidden = $("hosts").hidden = $("player").hidden = $("summary").hidden = run.frames.length === 0;
  const ofSide = { left: [], right: [] };
  const departures = {};
  moments = [];
  for (const arrow of svg.querySelectorAll(".arrow")) {
    const frame = run.frames[arrow.dataset.frame];
    const [from, to] = [Number(arrow.dataset.from), Number(arrow.dataset.to)];
    departures[arrow.dataset.frame] = from;
    const begin = { y: from, time: frame.sent };
    moments.push(begin);
    ofSide[frame.from].push(begin);
    if (frame.arrived == null) moments.push({ y: to });
    else {
      const end = { y: to, time: frame.arrived };
      moments.push(end);
      ofSide[frame.from === "left" ? "right" : "left"].push(end);
    }
  }
  for (const label of svg.querySelectorAll("text[data-frame]")) {
    const frame = run.frames[label.dataset.frame];
    label.setAttribute("role", "button");
    label.setAttribute("tabindex", "-1");
    label.setAttribute("aria-label", `${label.textContent}: ${title(frame)}, ${outcome(frame)}`);
  }
  svg.querySelector("text[data-frame]")?.setAttribute("tabindex", "0");
  const { width, height } = svg.viewBox.baseVal;
  svg.insertAdjacentHTML("beforeend",
    `<clipPath id="past"><rect x="0" y="0" width="${width}" height="0"/></clipPath>`
    + `<line class="now" x1="0" x2="${width}" y1="0" y2="0" visibility="hidden"/>`);
  drawMarks(svg, ofSide);
  appearing = [...svg.querySelectorAll("text[y]:not(.title, .address), path.event")].map((part) => {
    const known = departures[part.dataset.frame] ?? part.dataset.y ?? part.y.baseVal[0].value - 6;
    return [part, Number(known)];
  });
  moments.sort((one, other) => one.y - other.y);
  $("scrub").max = Math.ceil(height);
}

/** What was done to a host is marked at its timeline, beside the drawing where there is room. */
function drawMarks(svg, ofSide) {
  const [left, right] = svg.querySelectorAll(".timeline");
  if (!left) return;
  const room = svg.viewBox.baseVal.width - right.x1.baseVal.value - 10;
  const places = (texts) => [...svg.querySelectorAll(texts)].map((text) => [text.x.baseVal[0].value < left.x1.baseVal.value, text.y.baseVal[0].value]);
  const [states, times] = [places(".state"), places(".time")];
  for (const note of run.notes) {
    if (note.kind !== "deed" || /^(sends|closes|$)/.test(note.text)) continue;
    const isLeft = note.host !== "server" && note.host !== "wire";
    const line = isLeft ? left : right;
    const [x, head, foot] = [line.x1.baseVal.value, line.y1.baseVal.value, line.y2.baseVal.value];
    const y = heightAt(note.time, ofSide[isLeft ? "left" : "right"], head, foot);
    svg.insertAdjacentHTML("beforeend",
      `<path class="event" data-y="${y}" d="M${x - 6} ${y}l6 -6l6 6l-6 6z"><title>${note.host} ${note.text}</title></path>`);
    moments.push({ y, time: note.time });
    // Of several clients, it says which one.
    const says = note.host === "client" || !isLeft ? note.text : `${note.host} ${note.text}`;
    const wide = says.length * 6.7;
    if (wide > room) continue;
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "text");
    let base = y + 4;
    const taken = wide + 56 > room ? [...states, ...times] : states;
    while (taken.some(([side, other]) => side === isLeft && Math.abs(other - base) < 13)) base += 1;
    states.push([isLeft, base]);
    for (const [name, value] of Object.entries({ class: "event", "data-y": y, x: isLeft ? x - 10 : x + 10, y: base, "text-anchor": isLeft ? "end" : "start" })) mark.setAttribute(name, value);
    mark.textContent = says;
    svg.append(mark);
  }
}

/** How far down a moment is, between what happens at one side before and behind it. */
function heightAt(micros, ofSide, head, foot) {
  const known = [{ y: head + 8, time: Math.min(0, micros) }, ...ofSide.sort((one, other) => one.y - other.y), { y: foot, time: run.end }];
  const after = known.find((moment, index) => index > 0 && moment.time >= micros) ?? known.at(-1);
  const before = known.findLast((moment) => moment.y <= after.y && moment !== after && moment.time <= micros) ?? known[0];
  const part = after.time > before.time ? (micros - before.time) / (after.time - before.time) : 1;
  // What is sent at this moment follows from it.
  return Math.max(before.y + 2, Math.min(before.y + part * (after.y - before.y), after.y - 7));
}

/** The time at which the drawing has come so far. */
function timeAt(y) {
  const timed = moments.filter((moment) => moment.time !== undefined);
  const before = timed.findLast((moment) => moment.y <= y);
  return y >= bottom() ? run.end : before?.time ?? 0;
}

function moveTo(y) {
  place = Math.max(0, Math.min(y, bottom()));
  const svg = $("ladder").firstElementChild;
  svg.querySelector("#past rect").setAttribute("height", place);
  for (const [part, from] of appearing) part.classList.toggle("future", from > place);
  const line = svg.querySelector(".now");
  line.setAttribute("visibility", isAtEnd() ? "hidden" : "visible");
  line.setAttribute("y1", place);
  line.setAttribute("y2", place);
  const now = timeAt(place);
  $("scrub").value = place;
  $("scrub").setAttribute("aria-valuetext", time(now));
  $("clock").textContent = time(now);
  fillHosts(place > 0 ? now : -1);
  fillWords(place > 0 ? now : -1);
}

/** What has come of it so far, in words. */
function fillWords(now) {
  const said = (kind) => run.notes.filter((note) => note.kind === kind && note.time <= now);
  const put = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
  put("answer", said("answer").at(-1)?.text ?? "—");
  put("trouble", said("error").map((note) => `${note.host}: ${note.text}`).join(" · ")
    + (run.is_cut_short && isAtEnd() ? " The run was cut short: it has too many packets." : ""));
  const sent = run.frames.filter((frame) => frame.copy === 0 && frame.sent <= now);
  const lost = sent.filter((frame) => frame.fate === "lost").length;
  const again = sent.filter((frame) => frame.label.includes("[retransmission]")).length;
  put("summary", `${sent.length} ${sent.length === 1 ? "packet" : "packets"}, ${lost} lost, ${again} sent again`);
}

/** Keeps the moment in the address, so that it can be linked. */
function keepMoment() {
  const script = params();
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
    follow();
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
/** Keeps the moment that is played in sight. */
function follow() {
  const at = $("ladder").getBoundingClientRect().top + place;
  const below = at - innerHeight * (isSheet() ? 0.4 : 0.75);
  if (below > 0) scrollBy(0, below);
  else if (at < 120) scrollBy(0, at - 160);
}
const step = (direction) => {
  pause();
  const stops = [0, ...new Set(moments.map((moment) => moment.y)), bottom()];
  const next = direction > 0 ? stops.find((y) => y > place) : stops.findLast((y) => y < place);
  moveTo(next ?? place);
  follow();
  keepMoment();
};
