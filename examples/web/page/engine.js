"use strict";
// What each part of the page uses, and the engine: WebAssembly, of which the interface is src/exports.rs.

const $ = (id) => document.getElementById(id);
const make = (tag, text = "", attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const time = (micros) => {
  const [value, unit] = Math.abs(micros) < 999_500 ? [micros / 1e3, "ms"] : [micros / 1e6, "s"];
  const digits = unit === "s" ? 3 : value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
};

/** Bytes that were encoded by `encoded` in src/bin/web.rs. */
function decoded(text, length) {
  const bytes = new Uint8Array(length);
  const digit = (at) => text.charCodeAt(at) - (text.charCodeAt(at) > 60 ? 36 : 35);
  let [queue, bits, to] = [0, 0, 0];
  for (let from = 0; to < length; from += 2) {
    const number = digit(from) + 91 * digit(from + 1);
    queue |= number << bits;
    for (bits += (number & 0x1fff) > 88 ? 13 : 14; bits > 7 && to < length; bits -= 8) {
      bytes[to++] = queue;
      queue >>= 8;
    }
  }
  return bytes;
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

/** The bytes that a call has handed over; they are released. */
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
