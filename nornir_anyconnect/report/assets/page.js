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
// rows of the table that fill a page: a name that is wider than its column takes several lines
function onOnePage(rows) {
  let left = 900, count = 0;
  for (const row of rows) {
    const lines = Math.max(...[...row.cells].slice(1, 4).map((cell) => Math.ceil(cell.textContent.length / 14)));
    left -= 8 + 16.5 * lines;
    if (left < 0) break;
    count++;
  }
  return Math.min(Math.max(count, 1), ON_PAPER, rows.length);
}
// without details a report of any size is two pages: the fleet, and the findings that need somebody most
let withDetails = false;
function onPaper() {
  const one = state.open !== null;
  const wanted = one || withDetails ? printable() : [], shown = wanted.slice(0, PRINTED).filter((i) => ready(i));
  document.body.classList.toggle("one", one);
  document.body.classList.toggle("short", !one && !withDetails);
  const drawn = [...$("table").tBodies[0].rows], rows = withDetails ? drawn.length : onOnePage(drawn);
  drawn.forEach((row, at) => row.classList.toggle("beyond", at >= rows));
  const notes = one ? [] : [folded ? `${plural(folded, "finding")} that are not applicable are left out.` : "", rows < visible.length ? `The table shows the first ${rows} of ${plural(visible.length, "finding")}.` : "",
    shown.length < wanted.length ? `Details follow for the first ${shown.length} of ${plural(wanted.length, "finding")} that are at risk, unknown or mitigated; filter the report to print others.` : ""];
  $("paper").replaceChildren(...notes.filter(Boolean).map((note) => make("p", {}, note)),
    !one && shown.length ? make("h2", {}, "What needs somebody") : "",
    ...shown.map((i) => make("article", {}, make("h2", {}, ...titleOf(i)), judged(i), ...content(i, ready(i), { brief: !one }))));
  for (const more of $("paper").querySelectorAll("details")) more.open = true;
}
async function print() {
  for (const i of printable().slice(0, PRINTED)) await details(i);
  withDetails = true;
  window.print();
}

// --- events ------------------------------------------------------------------------------------------
$("filters").addEventListener("input", () => {
  Object.assign(state, { q: $("search").value, verdict: $("verdict").value, scope: $("scope").value, confirmed: $("confirmed").checked });
  refresh();
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => { Object.assign(state, { q: "", verdict: "", scope: "", confirmed: false, all: false, sort: "", down: false }); setTimeout(refresh); });
$("fold").addEventListener("click", () => { state.all = !state.all; refresh(); });
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
    Object.assign(state, nextSort(state, key, button.parentElement.classList.contains("number")));
    refresh();
  } else if (button?.dataset.finding) open(Number(button.dataset.finding));
});
$("print").addEventListener("click", print);
window.addEventListener("beforeprint", onPaper);
window.addEventListener("afterprint", () => { $("paper").replaceChildren(); document.body.classList.remove("one", "short"); withDetails = false; });
document.addEventListener("click", (event) => {
  const copies = event.target.closest("[data-copies]");
  if (copies) copy(copies, $(copies.dataset.copies).textContent);
  const device = event.target.closest("[data-device]");
  if (device) openDevice(Number(device.dataset.device));
});
small.addEventListener("change", () => { trend(); if (state.open !== null) open(state.open); });
$("more").addEventListener("click", () => { state.shown += PAGE; $("more").hidden = visible.length <= state.shown; grow(++drawing); });
$("panel").addEventListener("click", (event) => {
  const finding = event.target.closest("[data-finding]");
  if (finding) open(Number(finding.dataset.finding));
  if (event.target.id === "close" || event.target === $("panel")) $("panel").close();
  if (event.target.id === "before") step(-1);
  if (event.target.id === "after") step(1);
});
$("panel").addEventListener("close", () => { const last = state.open === null ? `[data-device="${shownDevice}"]` : `[data-finding="${state.open}"]`; state.open = null; writeAddress(); document.querySelector(`main > section ${last}`)?.focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input, select")) { event.preventDefault(); $("search").focus(); }
  if ($("panel").open && !event.target.matches("pre") && event.key === "ArrowLeft") step(-1);
  if ($("panel").open && !event.target.matches("pre") && event.key === "ArrowRight") step(1);
});
window.addEventListener("hashchange", () => { readAddress(); fillForm(); select(); show(); if (state.open !== null) open(state.open); });
readAddress(); fillForm(); select(); show(); trend(); rollups(); hit();
if (state.open !== null) open(state.open);
setTimeout(prepareSearch, 0, 0);
unpackLater();
document.documentElement.dataset.ready = "1";
