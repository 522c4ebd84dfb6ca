"use strict";
// Every text from a device goes through textContent: nothing here ever parses HTML.
const DATA = JSON.parse(document.getElementById("data").textContent);
const CHUNKS = [...document.querySelectorAll("script.details")];
const AT = Object.fromEntries(DATA.columns.map((name, position) => [name, position]));
// rows are drawn a slice per task, so that no key press waits for a whole page of them
const PAGE = 100, SLICE = 20, PRINTED = 100, NS = "http://www.w3.org/2000/svg", $ = (id) => document.getElementById(id);
const RANK = { "at-risk": 0, unknown: 1, mitigated: 2, safe: 3, "not-applicable": 4 };
const gap = (row) => (row[AT.dtls_mtu] === null || row[AT.tls_mtu] === null ? null : row[AT.dtls_mtu] - row[AT.tls_mtu]);
const deviceOf = (row) => DATA.devices[row[AT.device]];
const searchable = [];
const searchText = (i) => searchable[i] ??= [deviceOf(DATA.rows[i])[0], DATA.rows[i][AT.name], DATA.rows[i][AT.group_policy],
  DATA.rows[i][AT.reason], DATA.rows[i][AT.verdict]].join("\n").toLowerCase();
function prepareSearch(from) {
  const to = Math.min(from + 500, DATA.rows.length);
  for (let i = from; i < to; i++) searchText(i);
  if (to < DATA.rows.length) setTimeout(prepareSearch, 0, to);
}
const state = { q: "", verdict: "", scope: "", confirmed: false, sort: "", down: false, shown: PAGE, open: null };
let visible = [];

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && key !== "list") element[key] = value; else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
const plural = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
// a name may break after its own punctuation, never within a word
function named(value) {
  const text = String(value ?? "");
  if (text.length <= 14) return text;
  const span = document.createElement("span");
  span.className = "name";
  text.split(/(?<=[/._])/).forEach((part, nth) => span.append(...(nth ? [document.createElement("wbr"), part] : [part])));
  return span;
}
function draw(tag, attributes = {}, text) {
  const element = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

// --- state in the address, so that a filtered view or one finding can be sent to a colleague ---------
function readAddress() {
  const found = new URLSearchParams(location.hash.slice(1));
  for (const key of ["q", "verdict", "scope", "sort"]) state[key] = found.get(key) || "";
  state.confirmed = found.get("confirmed") === "1";
  state.down = found.get("down") === "1";
  const open = found.get("finding");
  state.open = open !== null && open !== "" && DATA.rows[Number(open)] ? Number(open) : null;
}
function writeAddress() {
  const out = new URLSearchParams();
  for (const key of ["q", "verdict", "scope", "sort"]) if (state[key]) out.set(key, state[key]);
  if (state.confirmed) out.set("confirmed", "1");
  if (state.down) out.set("down", "1");
  if (state.open !== null) out.set("finding", state.open);
  history.replaceState(null, "", "#" + out);
}

// --- the table ---------------------------------------------------------------------------------------
function sortKey(row, key) {
  if (key === "verdict") return RANK[row[AT.verdict]];
  if (key === "device") return deviceOf(row)[0].toLowerCase();
  if (key === "gap") return gap(row);
  const value = row[AT[key]];
  return typeof value === "string" ? value.toLowerCase() : value;
}
function select() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  visible = [];
  for (let i = 0; i < DATA.rows.length; i++) {
    const row = DATA.rows[i];
    if (state.verdict && row[AT.verdict] !== state.verdict) continue;
    if (state.scope && row[AT.scope] !== state.scope) continue;
    if (state.confirmed && !row[AT.users]) continue;
    if (words.length && !words.every((word) => searchText(i).includes(word))) continue;
    visible.push(i);
  }
  if (state.sort) {
    const keys = new Array(DATA.rows.length);
    for (const i of visible) keys[i] = sortKey(DATA.rows[i], state.sort);
    const sign = state.down ? -1 : 1;
    visible.sort((a, b) => {
      const x = keys[a], y = keys[b];
      if (x === y) return a - b;
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return (x < y ? -1 : 1) * sign;
    });
  }
}
function cell(label, value, number) {
  const td = make("td", number ? { className: "number" } : {});
  td.dataset.label = label;
  if (value !== null && value !== undefined) td.append(number ? String(value) : named(value));
  return td;
}
function rowElement(i) {
  const row = DATA.rows[i], verdict = row[AT.verdict];
  const badge = make("span", { className: "badge " + verdict }, verdict,
    row[AT.confirmed] ? make("small", {}, "proved by evidence") : null, row[AT.waived] ? make("small", {}, "waived") : null);
  const opener = make("button", { type: "button" }, named(row[AT.name]));
  opener.dataset.finding = i;
  const who = make("td", {}, opener, " ", make("span", { className: "hint" }, row[AT.scope]));
  return make("tr", {}, make("td", {}, badge), cell("Device", deviceOf(row)[0]), who, cell("Group policy", row[AT.group_policy]),
    cell("DTLS MTU", row[AT.dtls_mtu], true), cell("TLS MTU", row[AT.tls_mtu], true), cell("Gap", gap(row), true),
    cell("Configured", row[AT.configured_mtu], true), cell("Safe MTU", row[AT.safe_mtu], true), cell("Users hit", row[AT.users], true));
}
let drawing = 0;
function grow(mine) {
  if (mine !== drawing) return;
  const body = $("table").tBodies[0], from = body.rows.length, end = Math.min(state.shown, visible.length);
  body.append(...visible.slice(from, Math.min(from + SLICE, end)).map(rowElement));
  if (from + SLICE < end) setTimeout(grow, 0, mine);
}
function show() {
  $("table").tBodies[0].replaceChildren();
  grow(++drawing);
  $("count").textContent = visible.length === DATA.rows.length ? plural(visible.length, "finding") : `${visible.length} of ${plural(DATA.rows.length, "finding")}`;
  $("more").hidden = visible.length <= state.shown;
  for (const tile of document.querySelectorAll(".tile")) tile.setAttribute("aria-pressed", String(tile.dataset.verdict === state.verdict));
  for (const th of document.querySelectorAll("#table th")) {
    const mine = th.firstElementChild.dataset.sort === state.sort;
    th.setAttribute("aria-sort", mine ? (state.down ? "descending" : "ascending") : "none");
  }
}
function refresh() { state.shown = PAGE; select(); show(); writeAddress(); unpackLater(); }
function fillForm() {
  $("search").value = state.q; $("verdict").value = state.verdict; $("scope").value = state.scope; $("confirmed").checked = state.confirmed;
}

// --- one finding -------------------------------------------------------------------------------------
const unpacked = new Map();
const chunkOf = (i) => Math.floor(i / DATA.chunk);
function ready(i) {
  const chunk = unpacked.get(chunkOf(i));
  if (!chunk) return null;
  const more = chunk.findings[i % DATA.chunk];
  return { ...more, timeline: more.timeline === null ? null : chunk.timelines[more.timeline] };
}
async function details(i) {
  if (!unpacked.has(chunkOf(i))) {
    const bytes = Uint8Array.from(atob(CHUNKS[chunkOf(i)].textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    unpacked.set(chunkOf(i), await new Response(stream).json());
  }
  return ready(i);
}
const small = matchMedia("(max-width: 45rem)");
function picture(row, more, narrow) {
  const tls = row[AT.tls_mtu], dtls = row[AT.dtls_mtu], conf = row[AT.configured_mtu];
  if (tls === null || dtls === null) return null;
  const seen = (more.evidence && more.evidence.thresholds) || [];
  const all = [tls, dtls, row[AT.safe_mtu], conf, ...seen].filter((n) => n);
  const low = Math.min(...all) - 40, high = Math.max(...all) + 40;
  // on a phone the labels stand above the bars: shrunk to its width, a wide picture could not be read
  const left = narrow ? 2 : 180, lane = narrow ? 46 : 34, top = narrow ? 22 : 10;
  const x = (bytes) => left + ((bytes - low) / (high - low)) * (narrow ? 290 : 530);
  const lanes = [["packet on the adapter", dtls, "--dtls"], ["fits into DTLS", dtls, "--dtls"], ["fits into TLS", tls, "--tls"]];
  if (conf !== null) lanes.push(["configured MTU", conf, "--conf"]);
  lanes.push(["safe MTU", row[AT.safe_mtu], "--conf"]);
  const height = lanes.length * lane + (narrow ? 52 : 46);
  const title = `A full-size packet is ${dtls} bytes; TLS carries ${tls} bytes` + (dtls > tls ? `: ${dtls - tls} bytes too many.` : ".");
  const svg = draw("svg", { viewBox: `0 0 ${narrow ? 340 : 780} ${height}`, role: "img", "aria-label": title });
  if (dtls > tls) svg.append(draw("rect", { x: x(tls), y: 4, width: x(dtls) - x(tls), height: height - 34, fill: "var(--at-risk)", opacity: .18 }));
  lanes.forEach(([label, value, colour], nth) => {
    const y = top + nth * lane;
    svg.append(draw("text", narrow ? { x: left, y: y - 5 } : { x: 172, y: y + 17, "text-anchor": "end" }, label),
      draw("rect", { x: left, y, width: Math.max(2, x(value) - left), height: 24, rx: 3, fill: `var(${colour})`, opacity: nth ? .55 : .9 }),
      draw("text", { x: x(value) + 6, y: y + 17 }, String(value)));
  });
  for (const value of seen) svg.append(draw("line", { x1: x(value), x2: x(value), y1: 2, y2: height - 28, stroke: "var(--ink)", "stroke-dasharray": "4 3" }));
  const middle = dtls > tls ? (x(tls) + x(dtls)) / 2 : x(tls);
  const caption = dtls > tls ? `gap ${dtls - tls} bytes` : "no gap";
  svg.append(draw("text", { x: narrow ? Math.min(middle, 290) : middle, y: height - 10, "text-anchor": "middle" }, caption));
  const notes = [title, seen.length ? `Dashed: thresholds seen in the log (${seen.join(", ")}).` : "", `The scale begins at ${low} bytes.`];
  return make("figure", {}, svg, make("figcaption", {}, notes.filter(Boolean).join(" ")));
}
// the steps and their sentences are those of the command explain; only the policy's name is put in here
function timeline(row, more) {
  if (!more.timeline) return [];
  const own = (line) => line.replaceAll(DATA.texts.group, () => `<${row[AT.group_policy]}>`);
  const list = make("ol", { className: "timeline" }, ...more.timeline.moments.map(([seconds, happens, sees, log], nth) =>
    make("li", { className: nth && log.length ? "hit" : "" }, make("b", {}, `${seconds} s`), make("div", {},
      make("p", {}, happens), sees ? make("p", { className: "hint" }, "The user sees: " + sees) : null,
      log.length ? make("pre", { tabIndex: 0 }, log.map(own).join("\n")) : null))));
  return [make("h3", {}, "What a user sees, and when"), list, make("h3", {}, "Which cause it is"),
    make("p", {}, more.timeline.cause), make("ul", {}, ...more.timeline.tell_apart.map((each) => make("li", {}, each)))];
}
function steps(title, lines) {
  if (!lines.length) return null;
  return make("div", {}, make("h4", {}, title), make("pre", { tabIndex: 0 }, lines.map((s) => `${s.label} = ${s.operation} = ${s.value}`).join("\n")));
}
function copyButton(text) {
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Select and copy by hand"; }
  });
  return button;
}
function effect(each, sets) {
  if (each.closes) return sets.length === 1 ? `Closes the gap under ${sets[0]}.` : "Closes the gap under every assumption.";
  if (each.closes_under.length) return `Closes it under ${each.closes_under.join(", ")} only.`;
  return Object.keys(each.predicted).length ? "Does not close the gap." : "Its effect is not predicted.";
}
function remedy(each, recommended, sets) {
  const text = each.commands.join("\n");
  return make("div", { className: "remedy" }, make("h4", {}, each.kind + (each.kind === recommended ? " (recommended)" : "")),
    make("p", {}, effect(each, sets)),
    each.cost ? make("p", {}, each.cost) : null,
    each.blocked_by.length ? make("p", { className: "unknown" }, "Blocked: " + each.blocked_by.map((block) => DATA.texts.blocks[block] || block).join("; ")) : null,
    text ? make("pre", { tabIndex: 0 }, text) : null, text ? copyButton(text) : null,
    each.rollback.length ? make("details", {}, make("summary", {}, "Its exact inverse"), make("pre", { tabIndex: 0 }, each.rollback.join("\n"))) : null,
    each.affects.length ? make("p", {}, "Also touches: " + each.affects.join(", ")) : null);
}
function tableOf(head, rows) {
  return make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": head.join(", ") }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((value) => make("td", {}, value === null ? "" : String(value))))))));
}
// everything about one finding; in a printed list only what somebody decides by
function content(i, more, { brief = false, narrow = false } = {}) {
  const row = DATA.rows[i], device = deviceOf(row), sets = Object.keys(more.assumptions);
  const remedies = brief ? more.remedies.filter((each) => each.kind === more.recommended || !more.recommended) : more.remedies;
  const sources = tableOf(["setting", "value", "from", "line"], more.sources.map((s) => [s.setting, s.value, s.from, s.line]));
  const first = [make("p", {}, DATA.texts.reasons[row[AT.reason]] || row[AT.reason], " ", more.certainty),
    more.waiver ? make("p", { className: "mitigated" }, `Waived by ${more.waiver.owner} until ${more.waiver.expires}: ${more.waiver.reason}`) : null,
    picture(row, more, narrow),
    make("h3", {}, "Predicted and observed"), make("p", {}, "Predicted: " + more.predicted), make("p", {}, "Observed: " + more.observed),
    more.safe_mtu ? make("p", {}, "Safe MTU: " + more.safe_mtu) : null,
    more.next_step ? make("p", {}, "Next step: " + more.next_step) : null];
  const last = [remedies.length ? make("h3", {}, "Remedies") : null, ...remedies.map((each) => remedy(each, more.recommended, sets))];
  const caveats = more.caveats.length ? [make("h3", {}, "What to keep in mind"),
    make("ul", {}, ...more.caveats.map((each) => make("li", {}, DATA.texts.caveats[each] || each)))] : [];
  if (brief) return [...first, ...last, ...caveats, row[AT.verdict] === "unknown" ? sources : null].filter(Boolean);
  return [...first, ...timeline(row, more), ...last,
    more.derivation.tls.length ? make("h3", {}, `How the numbers come about (${more.numbers_from}, interface ${more.interface ?? "unknown"})`) : null,
    steps(`TLS MTU: ${more.tls_suite}, ${more.tls_version}`, more.derivation.tls), steps(`DTLS MTU: ${more.dtls_suite}, ${more.dtls_version}`, more.derivation.dtls),
    sets.length ? make("h3", {}, "Under each assumption set") : null,
    sets.length ? tableOf(["assumption set", "TLS MTU", "DTLS MTU", "gap"], Object.entries(more.assumptions).map(([name, n]) => [name, n.tls_mtu, n.dtls_mtu, n.gap])) : null,
    ...caveats, more.reachable_by.length ? make("p", {}, "Handed out by: " + more.reachable_by.join(", ")) : null,
    make("h3", {}, "Where each value comes from"), sources].filter(Boolean);
}
function titleOf(i) { const row = DATA.rows[i]; return [named(row[AT.name]), " on ", named(deviceOf(row)[0])]; }
function judged(i, link) {
  const row = DATA.rows[i], device = deviceOf(row);
  return make("p", {}, make("span", { className: "badge " + row[AT.verdict] }, row[AT.verdict]), ` ${row[AT.scope]}, group policy ${row[AT.group_policy] ?? "none"}, ${device[2].toUpperCase()} ${device[1] ?? "release unknown"}. `, link);
}
async function open(i) {
  const more = await details(i), panel = $("panel");
  state.open = i; writeAddress();
  const nav = make("div", { className: "nav" }, make("button", { type: "button", id: "before" }, "Previous"), make("button", { type: "button", id: "after" }, "Next"), make("button", { type: "button", id: "close" }, "Close"));
  const link = make("a", { href: "#finding=" + i }, "link to this finding");
  panel.replaceChildren(make("div", { className: "top" }, make("h2", { id: "panel-title" }, ...titleOf(i)), nav), judged(i, link),
    ...content(i, more, { narrow: small.matches }));
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
  $("close").focus();
}
function step(by) {
  const at = visible.indexOf(state.open), next = visible[at + by];
  if (next !== undefined) open(next);
}

// --- the trend ---------------------------------------------------------------------------------------
function trend() {
  if (DATA.trend.length < 2) return;
  const wide = small.matches ? 340 : 780, side = small.matches ? 4 : 30;
  const counts = DATA.trend.map(([, c]) => c.at_risk || 0), top = Math.max(1, ...counts), width = (wide - 2 * side) / counts.length;
  const svg = draw("svg", { viewBox: `0 0 ${wide} 112`, role: "img", "aria-label": `Findings at risk, oldest first: ${counts.join(", ")}` });
  counts.forEach((n, i) => {
    const h = (n / top) * 62, x = side + i * width;
    svg.append(draw("rect", { x: x + 1, y: 84 - h, width: Math.max(1, width - 3), height: h, fill: "var(--at-risk)" }));
    if (width > 26 || i === counts.length - 1) svg.append(draw("text", { x: x + width / 2, y: 78 - h, "text-anchor": "middle" }, String(n)));
  });
  svg.append(draw("text", { x: side, y: 104, class: "soft" }, DATA.trend[0][0].slice(0, 10)), draw("text", { x: wide - side, y: 104, "text-anchor": "end", class: "soft" }, DATA.trend[DATA.trend.length - 1][0].slice(0, 10)));
  $("trend").hidden = false;
  $("trend").querySelector("svg")?.remove();
  $("trend").prepend(svg);
}

// --- on paper ----------------------------------------------------------------------------------------
// what is open, else what somebody has to look at among the findings that the filters leave
function printable() {
  if (state.open !== null) return [state.open];
  return visible.filter((i) => RANK[DATA.rows[i][AT.verdict]] <= RANK.mitigated);
}
// a browser waits for nobody before it prints: what may be printed is unpacked beforehand, a chunk per idle moment
let unpacking = 0;
const idle = window.requestIdleCallback ?? ((task) => setTimeout(task, 200));
function unpackLater() {
  clearTimeout(unpacking);
  unpacking = setTimeout(() => idle(unpackNext), 1000);
}
async function unpackNext() {
  const next = printable().slice(0, PRINTED).find((i) => !unpacked.has(chunkOf(i)));
  if (next === undefined) return;
  await details(next);
  idle(unpackNext);
}
function onPaper() {
  const wanted = printable(), shown = wanted.slice(0, PRINTED).filter((i) => ready(i)), rows = $("table").tBodies[0].rows.length;
  const one = state.open !== null;
  document.body.classList.toggle("one", one);
  const notes = one ? [] : [rows < visible.length ? `The table shows the first ${rows} of ${plural(visible.length, "finding")}.` : "",
    shown.length < wanted.length ? `Details follow for the first ${shown.length} of ${plural(wanted.length, "finding")} that are at risk, unknown or mitigated; filter the report to print others.` : ""];
  $("paper").replaceChildren(...notes.filter(Boolean).map((note) => make("p", {}, note)),
    !one && shown.length ? make("h2", {}, "What needs somebody") : "",
    ...shown.map((i) => make("article", {}, make("h2", {}, ...titleOf(i)), judged(i), ...content(i, ready(i), { brief: !one }))));
  for (const more of $("paper").querySelectorAll("details")) more.open = true;
}
async function print() {
  for (const i of printable().slice(0, PRINTED)) await details(i);
  window.print();
}

// --- events ------------------------------------------------------------------------------------------
$("filters").addEventListener("input", () => {
  Object.assign(state, { q: $("search").value, verdict: $("verdict").value, scope: $("scope").value, confirmed: $("confirmed").checked });
  refresh();
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => { Object.assign(state, { q: "", verdict: "", scope: "", confirmed: false, sort: "", down: false }); setTimeout(refresh); });
$("tiles").addEventListener("click", (event) => {
  const tile = event.target.closest(".tile");
  if (!tile) return;
  state.verdict = state.verdict === tile.dataset.verdict ? "" : tile.dataset.verdict;
  fillForm(); refresh();
});
$("table").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.sort) {
    const key = button.dataset.sort;
    if (state.sort === key && state.down) Object.assign(state, { sort: "", down: false });
    else Object.assign(state, { down: state.sort === key, sort: key });
    refresh();
  } else if (button?.dataset.finding) open(Number(button.dataset.finding));
});
$("print").addEventListener("click", print);
window.addEventListener("beforeprint", onPaper);
window.addEventListener("afterprint", () => $("paper").replaceChildren());
small.addEventListener("change", () => { trend(); if (state.open !== null) open(state.open); });
$("more").addEventListener("click", () => { state.shown += PAGE; $("more").hidden = visible.length <= state.shown; grow(++drawing); });
$("panel").addEventListener("click", (event) => {
  if (event.target.id === "close" || event.target === $("panel")) $("panel").close();
  if (event.target.id === "before") step(-1);
  if (event.target.id === "after") step(1);
});
$("panel").addEventListener("close", () => { const last = state.open; state.open = null; writeAddress(); document.querySelector(`[data-finding="${last}"]`)?.focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input, select")) { event.preventDefault(); $("search").focus(); }
  if ($("panel").open && !event.target.matches("pre") && event.key === "ArrowLeft") step(-1);
  if ($("panel").open && !event.target.matches("pre") && event.key === "ArrowRight") step(1);
});
window.addEventListener("hashchange", () => { readAddress(); fillForm(); select(); show(); if (state.open !== null) open(state.open); });
readAddress(); fillForm(); select(); show(); trend();
if (state.open !== null) open(state.open);
setTimeout(prepareSearch, 0, 0);
unpackLater();
document.documentElement.dataset.ready = "1";
