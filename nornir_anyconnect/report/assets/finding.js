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
async function copy(button, text) {
  try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Select and copy by hand"; }
}
function copyButton(text, label = "Copy") {
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", () => copy(button, text));
  return button;
}
function toType(lines, title) {
  const text = lines.join("\n");
  return make("div", { className: "to-type" }, make("div", { className: "top" }, make("h3", {}, title), copyButton(text)), make("pre", { tabIndex: 0 }, text));
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
    text && each.kind !== recommended ? make("pre", { tabIndex: 0 }, text) : null, text && each.kind !== recommended ? copyButton(text) : null,
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
  const chosen = more.remedies.find((each) => each.kind === more.recommended);
  const first = [make("p", {}, DATA.texts.reasons[row[AT.reason]] || row[AT.reason], " ", more.certainty),
    chosen && !row[AT.waived] && RANK[row[AT.verdict]] <= RANK.mitigated ? toType(chosen.commands, "To type, in configuration mode") : null,
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
