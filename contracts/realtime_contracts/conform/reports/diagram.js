"use strict";
// A wire log as a sequence diagram: a lane for each tab and for each node, an arrow for each message. Text is only ever
// set as text. A line opens to its whole payload, in the drawing, so that it is printed too.
const SVG = "http://www.w3.org/2000/svg";
const FIRST = 150;
const ROW = 34;
const HEAD = 44;
const SHORT = 64;
//: Lines that are drawn at first: a browser draws thousands, a person does not read them.
const MOST_LINES = 400;

function svg(tag, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

// With nothing in it that is not to be seen, or that turns the direction of what follows.
function visible(text) {
  return String(text).replace(/(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, "0")}`);
}

function shortly(payload) {
  if (payload === null || payload === undefined) return "";
  return cut(visible(typeof payload === "string" ? payload : JSON.stringify(payload)), SHORT);
}

function wholly(payload) {
  if (payload === null || payload === undefined) return "no payload";
  return visible(typeof payload === "string" ? payload : JSON.stringify(payload, null, 2));
}

// `Ana's tab 1 (node 2)` is somebody at a node; `REST` is at no node in particular.
function partsOf(who) {
  const found = /^(.*) \((node \d+)\)$/.exec(who);
  return found ? { name: found[1], node: found[2] } : { name: who, node: "server" };
}

function lanesOf(lines) {
  const tabs = [...new Set(lines.map((line) => line.who))];
  const nodes = [...new Set(tabs.map((who) => partsOf(who).node))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const names = [...tabs, ...nodes.map((node) => `@${node}`)];
  const apart = names.length > 4 ? 140 : 168;
  const last = FIRST + (names.length - 1) * apart;
  return { tabs, nodes, last: last + apart / 2, places: new Map(names.map((name, n) => [name, FIRST + n * apart])) };
}

function isBad(line) {
  const { payload } = line;
  return line.kind === "refused" || line.name === "error" || (payload && typeof payload === "object" && (payload.success === false || payload.error));
}

function drawHeads(drawing, lanes, y) {
  for (const who of lanes.tabs) {
    const { name, node } = partsOf(who);
    const x = lanes.places.get(who);
    drawing.append(svg("text", { class: "head", x, y, "text-anchor": "middle" }, visible(cut(name, 22))));
    if (node !== "server") drawing.append(svg("text", { class: "head sub", x, y: y + 14, "text-anchor": "middle" }, node));
  }
  for (const node of lanes.nodes) {
    drawing.append(svg("text", { class: "head", x: lanes.places.get(`@${node}`), y, "text-anchor": "middle" }, node));
  }
}

function drawLine(line, n, lanes, y, width, open) {
  const height = open ? Math.min(wholly(line.payload).split("\n").length, 24) * 16 + 22 : 0;
  const classes = `line ${line.direction} ${line.kind === "ack" ? "ack" : ""} ${isBad(line) ? "bad" : ""}`;
  const told = line.kind === line.name || ["event", "request", "answer"].includes(line.kind) ? line.name : `${line.kind} ${line.name}`;
  const label = visible(told);
  const way = { sent: "sends", received: "gets", note: "is" }[line.direction];
  const group = svg("g", {
    class: classes, role: "button", tabindex: "-1", "aria-expanded": String(open), "data-line": n,
    "aria-label": `${line.at.toFixed(3)} seconds: ${line.who} ${way} ${label} ${shortly(line.payload)}`,
  });
  group.append(svg("rect", { class: "back", x: 1, y: y - 21, width: width - 2, height: ROW + height - 1, rx: 4 }));
  group.append(svg("text", { class: "time", x: 60, y, "text-anchor": "end" }, line.at.toFixed(3)));
  const tab = lanes.places.get(line.who);
  const node = lanes.places.get(`@${partsOf(line.who).node}`);
  if (line.direction === "note") {
    group.append(svg("circle", { class: "point", cx: tab, cy: y + 4, r: 4 }));
    group.append(svg("text", { class: "label", x: tab, y: y - 6 }, cut(label, 28)));
  } else {
    const [from, to] = line.direction === "sent" ? [tab, node] : [node, tab];
    const tip = to > from ? -9 : 9;
    group.append(svg("line", { class: "arrow", x1: from, x2: to + tip / 2, y1: y + 4, y2: y + 4 }));
    group.append(svg("path", { class: "point", d: `M${to} ${y + 4}l${tip} -5v10z` }));
    group.append(svg("text", { class: "label", x: (from + to) / 2, y: y - 3 }, cut(label, 60)));
  }
  group.append(svg("text", { class: "short", x: lanes.last, y: y + 6 }, shortly(line.payload)));
  if (open) {
    const frame = svg("foreignObject", { x: 70, y: y + 14, width: width - 84, height });
    const pre = document.createElement("pre");
    pre.textContent = wholly(line.payload);
    frame.append(pre);
    group.append(frame);
  }
  return { group, height };
}

function diagram(all) {
  const box = document.createElement("div");
  box.className = "wire";
  const opened = new Set();
  let most = MOST_LINES;
  let current = 0;

  function draw(focus) {
    const lines = all.slice(0, most);
    const lanes = lanesOf(lines);
    const width = lanes.last + SHORT * 7.4;
    const drawing = svg("svg", { role: "group", "aria-label": `What went over the wire: ${all.length} lines` });
    const guides = svg("g");
    drawing.append(guides);
    drawHeads(drawing, lanes, 18);
    let y = HEAD + 24;
    for (const [n, line] of lines.entries()) {
      const { group, height } = drawLine(line, n, lanes, y, width, opened.has(n));
      if (n === current) group.setAttribute("tabindex", "0");
      drawing.append(group);
      y += ROW + height;
    }
    for (const x of lanes.places.values()) guides.append(svg("line", { class: "lane", x1: x, x2: x, y1: HEAD - 8, y2: y - 16 }));
    if (lines.length > 25) drawHeads(drawing, lanes, y + 4);
    y += lines.length > 25 ? 24 : 0;
    drawing.setAttribute("viewBox", `0 0 ${width} ${y}`);
    drawing.setAttribute("width", width);
    drawing.setAttribute("height", y);
    box.replaceChildren(drawing);
    if (all.length > most) {
      const more = document.createElement("button");
      more.type = "button";
      more.textContent = `Draw all ${all.length} lines`;
      more.addEventListener("click", () => { most = all.length; draw(); });
      box.append(more);
    }
    if (focus) drawing.querySelector(`[data-line="${current}"]`)?.focus();
  }

  function toggle(n) {
    if (!opened.delete(n)) opened.add(n);
    current = n;
    draw(true);
  }

  box.addEventListener("click", (event) => {
    const line = event.target.closest?.(".line");
    if (line && !event.target.closest("pre")) toggle(Number(line.dataset.line));
  });
  box.addEventListener("keydown", (event) => {
    const line = event.target.closest?.(".line");
    if (!line) return;
    const n = Number(line.dataset.line);
    const next = { ArrowDown: n + 1, ArrowUp: n - 1, Home: 0, End: Math.min(all.length, most) - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      toggle(n);
    } else if (next !== undefined) {
      const target = box.querySelector(`[data-line="${next}"]`);
      if (target) {
        line.setAttribute("tabindex", "-1");
        target.setAttribute("tabindex", "0");
        target.focus();
        current = next;
      }
    } else {
      return;
    }
    event.preventDefault();
  });
  draw();
  return box;
}
