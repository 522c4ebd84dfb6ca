"use strict";
// Every text from a device goes through textContent: nothing here ever parses HTML.
const DATA = JSON.parse(document.getElementById("data").textContent);
const CHUNKS = [...document.querySelectorAll("script.details")];
const AT = Object.fromEntries(DATA.columns.map((name, position) => [name, position]));
// rows are drawn a slice per task, so that no key press waits for a whole page of them
const PAGE = 100, SLICE = 20, PRINTED = 100, ON_PAPER = 22, NS = "http://www.w3.org/2000/svg", $ = (id) => document.getElementById(id);
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
const state = { q: "", verdict: "", scope: "", confirmed: false, all: false, sort: "", down: false, shown: PAGE, open: null };
let visible = [], folded = 0;

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
  visible = []; folded = 0;
  for (let i = 0; i < DATA.rows.length; i++) {
    const row = DATA.rows[i];
    if (state.verdict && row[AT.verdict] !== state.verdict) continue;
    if (state.scope && row[AT.scope] !== state.scope) continue;
    if (state.confirmed && !row[AT.users]) continue;
    if (words.length && !words.every((word) => searchText(i).includes(word))) continue;
    // what has no AnyConnect users needs nobody: it is there, and out of the way
    if (row[AT.verdict] === "not-applicable" && !state.verdict && !state.all && !words.length) folded++; else visible.push(i);
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
    row[AT.confirmed] ? make("small", {}, "confirmed") : null, row[AT.waived] ? make("small", {}, "waived") : null);
  const opener = make("button", { type: "button" }, named(row[AT.name]));
  opener.dataset.finding = i;
  const who = make("td", {}, opener, " ", make("span", { className: "hint" }, row[AT.scope]));
  return make("tr", {}, make("td", {}, badge), cell("Device", deviceOf(row)[0]), who, cell("Group policy", row[AT.group_policy]),
    cell("DTLS MTU", row[AT.dtls_mtu], true), cell("TLS MTU", row[AT.tls_mtu], true), cell("Gap", gap(row), true),
    cell("Configured", row[AT.configured_mtu], true), cell("Safe MTU", row[AT.safe_mtu], true), cell("Users hit", row[AT.users] ?? (verdict === "not-applicable" ? null : "?"), true));
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
  $("count").textContent = visible.length + folded === DATA.rows.length ? plural(visible.length, "finding") : `${visible.length} of ${plural(DATA.rows.length, "finding")}`;
  $("fold").hidden = !folded && !state.all;
  $("fold").textContent = state.all ? "Fold what is not applicable" : `Show ${folded} not applicable`;
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
