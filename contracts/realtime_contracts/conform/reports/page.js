// The page: what is shown, what is open, and all that is drawn of it. Which of it is kept in the fragment of the URL,
// `#q=busy&verdict=fail.warn&open=presence/3.2`, so that a link shows what its sender saw.
const data = JSON.parse(document.querySelector("#data").textContent);
const FIELDS = ["run", "id", "row", "name", "transport", "verdict", "failure", "skipped", "seconds", "nodes", "known", "steps", "wire"];
const SIGNS = { pass: "✓", fail: "✗", warn: "!", inconclusive: "?", skip: "○" };
const STATUSES = { passed: "✓", failed: "✗", skipped: "○", undefined: "?", ambiguous: "?" };
const PASSING = new Set(["pass", "skip"]);
const find = (selector) => document.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

const results = new Map();
for (const told of data.results) {
  const result = Object.fromEntries(FIELDS.map((field, n) => [field, told[n]]));
  if (!results.has(result.id)) results.set(result.id, []);
  results.get(result.id).push(result);
}
const rows = new Map(all(".row").map((row) => [row.dataset.id, row]));

// An element with classes, text and children; text is set as text, and does nothing to the text around it.
function make(tag, classes = "", ...children) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== "").map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

function markOf(verdict, known) {
  const sign = make("span", "", SIGNS[verdict]);
  sign.setAttribute("aria-hidden", "true");
  return make("span", `mark ${verdict}${known ? " known" : ""}`, sign, make("span", "sr", verdict));
}

function wordsOf(id) {
  const { name, sentence, family, rule, sources, tags } = data.requirements[id];
  const told = (results.get(id) ?? []).flatMap((result) => [result.name, result.skipped, ...(result.failure ?? [])]);
  return [id, name, sentence, family, rule, ...sources, ...tags, ...told].join("\n").toLowerCase();
}
const words = new Map([...rows.keys()].map((id) => [id, wordsOf(id)]));

// ---- what a requirement opens to

function unpacked(packed) {
  if (typeof packed === "number") return data.values[packed];
  const parts = packed.slice(1).map(unpacked);
  return packed[0] < 0 ? parts : Object.fromEntries(data.shapes[packed[0]].map((name, n) => [name, parts[n]]));
}

function wireOf(result) {
  return result.wire.map(([at, ...told]) => {
    const [who, direction, kind, name] = told.map((place) => data.values[place]);
    const payload = told[4] === null ? null : unpacked(data.payloads[told[4]]);
    return { at, who, direction, kind, name, payload };
  });
}

function whyOf(result, requirement) {
  const parts = [["Requirement", requirement.sentence || requirement.name, ""]];
  if (result.failure) {
    const [expected, actual, hint] = result.failure;
    parts.push(["Expected", expected, "expected"], ["Actual", actual, "actual"]);
    if (hint) parts.push(["Hint", hint, ""]);
  }
  if (result.skipped) parts.push(["Skipped", result.skipped, ""]);
  if (result.known) parts.push(["Known", "It was expected to fail, and did.", ""]);
  return make("dl", "why", ...parts.flatMap(([head, text, classes]) => [make("dt", "", head), make("dd", classes, text)]));
}

function stepsOf(result) {
  return make("ol", "steps", ...result.steps.map(([keyword, text, status, seconds]) => {
    const name = data.values[status];
    const time = seconds ? make("small", "", ` ${seconds.toFixed(3)} s`) : "";
    const said = [make("span", "", `${STATUSES[name]} `), make("span", "sr", `${name}: `)];
    said[0].setAttribute("aria-hidden", "true");
    return make("li", name, ...said, make("span", "keyword", `${data.values[keyword]} `), data.values[text], time);
  }));
}

function commandOf(result) {
  const id = result.row ? `${result.id}#${result.row}` : result.id;
  const text = `${data.runs[result.run].command} --transport ${result.transport} --select ${id}`;
  const button = make("button", "", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
    }
  });
  return make("div", "command", make("pre", "", text), button);
}

function fill(box, result, requirement) {
  if (result.failure || result.skipped || result.known) box.append(whyOf(result, requirement));
  if (result.steps.length) box.append(stepsOf(result));
  if (result.wire.length) {
    const log = make("details", "", make("summary", "", `Wire log, ${result.wire.length} lines`));
    const draw = () => { if (log.open && log.childElementCount === 1) log.append(diagram(wireOf(result))); };
    log.addEventListener("toggle", draw);
    log.open = !PASSING.has(result.verdict);
    draw();
    box.append(log);
  }
  box.append(commandOf(result));
}

function resultOf(result, requirement, several) {
  const row = result.row ? `#${result.row} ` : "";
  const nodes = result.nodes.length ? `, node${result.nodes.length > 1 ? "s" : ""} ${result.nodes.join(", ")}` : "";
  const run = several ? `run ${data.runs[result.run].label}, ` : "";
  const head = make("summary", "", markOf(result.verdict, result.known), make("b", "", `${row}${result.name}`),
    make("small", "", ` ${run}${result.transport}${nodes}, ${result.seconds.toFixed(2)} s`));
  const box = make("details", `result ${result.verdict}`, head);
  const open = () => { if (box.open && box.childElementCount === 1) fill(box, result, requirement); };
  box.addEventListener("toggle", open);
  box.open = !PASSING.has(result.verdict);
  open();
  return box;
}

function detailOf(id) {
  const requirement = data.requirements[id];
  const told = [...(results.get(id) ?? [])];
  const order = ["fail", "inconclusive", "warn", "skip", "pass"];
  told.sort((a, b) => a.run - b.run || order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const meta = [requirement.level.toUpperCase(), ...requirement.sources];
  if (requirement.needs.length) meta.push(`needs ${requirement.needs.join(", ")}`);
  if (requirement.rulings.length) meta.push(`decides ${requirement.rulings.join(", ")}`);
  const inside = make("div", "", requirement.sentence ? make("blockquote", "", requirement.sentence) : "",
    make("p", "meta", meta.join(" · ")), ...told.map((result) => resultOf(result, requirement, data.runs.length > 1)));
  if (!told.length) inside.append(make("p", "none", "It was not run."));
  const cell = make("td", "", inside);
  cell.colSpan = rows.get(id).children.length;
  return make("tr", "detail", cell);
}

function setOpen(id, open) {
  const row = rows.get(id);
  if (!row) return;
  const button = row.querySelector(".toggle");
  if (open === (button.getAttribute("aria-expanded") === "true")) return;
  button.setAttribute("aria-expanded", String(open));
  if (open) row.after(detailOf(id));
  else row.nextElementSibling.remove();
}

// ---- what is shown, and the fragment

const form = find("#filter");
const boxes = all("input[name=verdict]");
const field = { q: find("#q"), level: find("#level"), family: find("#family"), differ: find("#differ") };
const openIds = () => all(".toggle[aria-expanded=true]").map((button) => button.closest(".row").dataset.id);

function show() {
  const sought = field.q.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let count = 0;
  for (const group of all(".group")) {
    let some = false;
    for (const row of all(".row", group)) {
      const verdicts = row.dataset.verdicts.split(" ").filter(Boolean);
      const fits = (verdicts.length ? verdicts.some((verdict) => wanted.has(verdict)) : wanted.size === boxes.length)
        && (!field.level.value || row.dataset.level === field.level.value)
        && (!field.family.value || group.dataset.family === field.family.value)
        && (!field.differ?.checked || row.dataset.differs === "1")
        && sought.every((word) => words.get(row.dataset.id).includes(word));
      row.hidden = !fits;
      if (row.nextElementSibling?.classList.contains("detail")) row.nextElementSibling.hidden = !fits;
      some ||= fits;
      count += fits ? 1 : 0;
    }
    group.hidden = !some;
  }
  // The heading of a family stands in the first group of it: that shows its heading if any of them shows a row.
  for (const head of all(".family")) {
    const group = head.closest(".group");
    const others = all(".group").filter((one) => one.dataset.family === group.dataset.family);
    if (group.hidden && others.some((one) => !one.hidden)) {
      group.hidden = false;
      group.querySelector(".rule").hidden = true;
    } else {
      group.querySelector(".rule").hidden = false;
    }
  }
  find("#shown").textContent = `${count} of ${rows.size} shown`;
  find("#nothing").hidden = count > 0;
}

function remember() {
  const told = new URLSearchParams();
  if (field.q.value) told.set("q", field.q.value);
  const checked = boxes.filter((box) => box.checked);
  if (checked.length < boxes.length) told.set("verdict", checked.map((box) => box.value).join("."));
  for (const name of ["level", "family"]) if (field[name].value) told.set(name, field[name].value);
  if (field.differ?.checked) told.set("differ", "1");
  const open = openIds();
  if (open.length && open.length <= 20) told.set("open", open.join(" "));
  const fragment = told.toString().replaceAll("%2F", "/");
  history.replaceState(null, "", fragment ? `#${fragment}` : location.href.split("#")[0]);
}

function recall() {
  const fragment = location.hash.slice(1);
  if (fragment && !fragment.includes("=")) return; // a part of the page
  const told = new URLSearchParams(fragment);
  field.q.value = told.get("q") ?? "";
  const wanted = told.has("verdict") ? new Set(told.get("verdict").split(".")) : null;
  for (const box of boxes) box.checked = !wanted || wanted.has(box.value);
  for (const name of ["level", "family"]) {
    field[name].value = told.get(name) ?? "";
    if (field[name].selectedIndex < 0) field[name].value = "";
  }
  if (field.differ) field.differ.checked = told.get("differ") === "1";
  const open = (told.get("open") ?? "").split(" ").filter((id) => rows.has(id));
  for (const id of openIds()) if (!open.includes(id)) setOpen(id, false);
  for (const id of open) setOpen(id, true);
  show();
  if (open.length === 1) rows.get(open[0]).scrollIntoView({ block: "center" });
  else if (fragment) find("#requirements").scrollIntoView();
}

form.addEventListener("input", () => { show(); remember(); });
form.addEventListener("submit", (event) => event.preventDefault());
find("#clear").addEventListener("click", () => { form.reset(); show(); remember(); });
find("#close").addEventListener("click", () => { openIds().forEach((id) => setOpen(id, false)); remember(); });
find("#open-failures").addEventListener("click", () => {
  const failed = [...rows.values()].filter((row) => !row.hidden && /fail|inconclusive|warn/.test(row.dataset.verdicts));
  for (const row of failed.slice(0, 100)) setOpen(row.dataset.id, true);
  remember();
});
find(".matrix").addEventListener("click", (event) => {
  const button = event.target.closest(".toggle");
  if (!button) return;
  setOpen(button.closest(".row").dataset.id, button.getAttribute("aria-expanded") !== "true");
  remember();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    field.q.focus();
  }
});
window.addEventListener("hashchange", recall);
recall();
show();
