// The address holds the script of the run, and the moment that is shown. Nothing else is remembered,
// but what was undone.

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

/** What is played next: from a moment of the drawing on (`y`), or from a frame on (`name`). */
let next = null;

/** Does something at the moment that is shown, or some time after the end. */
function perform(deed) {
  const script = params();
  const end = run.end + run.start;
  const at = script.has("do")
    ? isAtEnd() ? Math.ceil(end / 1e5) * 100 + 100 : Math.ceil((timeAt(place) + run.start) / 1000)
    : 0;
  script.append("do", `${at} ${deed}`);
  next = { y: Math.max(1, Math.min(place, lastMoment())) };
  go(script);
}

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
    crash: `${who} loses power`,
    boot: `${who} boots`,
    cut: "the wire is cut",
    mend: "the wire is mended",
    flood: `${what} forged SYNs`,
    forge: "a forged datagram",
    wait: "time passes",
  })[deed] ?? deed;
}
const fateTexts = { lose: "is lost", delay: "is delayed", twice: "arrives twice", spoil: "is spoiled" };

/** What a frame is, for a reader. */
const title = (frame) => `${kind(frame)} from ${frame.host ?? "a host"}`;
const kind = (frame) => (frame.label.match(/^(\d[^ ]*: )?((SYN|ACK|FIN|RST|PSH|ARP|ICMP|ICMPv6|UDP)\b ?)+/)?.[0] ?? frame.protocol).replace(/^\d.*: /, "").trim();
const outcome = (frame) => ({
  delivered: `arrives after ${time((frame.arrived ?? frame.sent) - frame.sent)}`,
  lost: "lost on the way",
  duplicate: "a copy that the wire has made",
  corrupted: "arrives spoiled, and is dropped",
  unknown: "still on its way",
})[frame.fate];

/** The list of what was done, each with a way to take it back. */
function drawDone(script) {
  const items = [...script].filter(([name]) => name === "do" || name === "fate").map(([name, value]) => {
    const item = make("li");
    const [first, ...rest] = value.split(" ");
    const frame = run.frames.find((frame) => frame.name === first);
    const says = name === "do" ? deedText(...rest) : `${frame ? title(frame) : first} ${fateTexts[rest[0]] ?? rest[0]}`;
    const when = name === "do" ? first * 1000 - run.start : frame?.sent;
    if (when !== undefined) item.append(make("time", time(Math.max(when, 0))), " ");
    item.append(`${says} `);
    const remove = make("button", "×", { type: "button", "aria-label": `Take back: ${says}` });
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
