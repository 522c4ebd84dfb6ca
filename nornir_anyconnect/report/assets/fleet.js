// --- the fleet: per site, per firewall, and who was hit ------------------------------------------------
const NEEDS = ["at-risk", "unknown", "mitigated"], FIRST = 8;
const fleet = DATA.devices.map(([name, release, platform, status, host, site, mates, users, past, lines], at) =>
  ({ name, release, platform, status, host, site, mates, users, past, lines, at, risky: 0, worst: "not-applicable", findings: [] }));
DATA.rows.forEach((row, i) => {
  const device = fleet[row[AT.device]], verdict = row[AT.verdict];
  device.findings.push(i);
  if (row[AT.waived]) return;
  if (verdict === "at-risk") device.risky++;
  if (RANK[verdict] < RANK[device.worst]) device.worst = verdict;
});
function sitesOf(devices) {
  const sites = new Map();
  for (const each of devices) {
    const site = sites.get(each.site) ?? { name: each.site || "no site", hosts: new Set(), risky: new Set(), users: 0, past: 0, unseen: false };
    sites.set(each.site, site);
    site.hosts.add(each.host);
    if (each.risky) site.risky.add(each.host);
    site.users += each.users ?? 0; site.past += each.past; site.unseen ||= each.users === null;
  }
  return [...sites.values()].map((each) => ({ ...each, hosts: each.hosts.size, risky: each.risky.size, users: each.users || (each.unseen ? null : 0) }));
}
// a number sorts largest first: who asks for it wants to know who has most
function nextSort(now, key, number) {
  if (now.sort !== key) return { sort: key, down: number };
  return now.down === number ? { sort: key, down: !number } : { sort: "", down: false };
}
// a short sortable table that shows its first rows
function rollup(section, items, columns, what) {
  const now = { sort: "", down: false, all: false }, body = make("tbody"), more = make("button", { type: "button" }), left = make("p", { className: "left-out" });
  const heads = columns.map(({ label, number }) => make("th", { scope: "col", className: number ? "number" : "" }, make("button", { type: "button" }, label)));
  function drawRows() {
    const column = columns.find(({ label }) => label === now.sort), sign = now.down ? -1 : 1;
    const sorted = column ? items.slice().sort((a, b) => { const x = column.value(a) ?? -1, y = column.value(b) ?? -1; return x === y ? 0 : (x < y ? -1 : 1) * sign; }) : items;
    body.replaceChildren(...(now.all ? sorted : sorted.slice(0, FIRST)).map((item) => make("tr", {}, ...columns.map(({ number, value, show }) =>
      make("td", { className: number ? "number" : "" }, show ? show(item) : number ? String(value(item) ?? "?") : named(value(item)))))));
    heads.forEach((th, at) => th.setAttribute("aria-sort", columns[at].label === now.sort ? (now.down ? "descending" : "ascending") : "none"));
    more.hidden = items.length <= FIRST;
    left.textContent = now.all || more.hidden ? "" : `The first ${FIRST} of ${items.length} ${what}.`;
    more.textContent = now.all ? `Show the first ${FIRST}` : `Show all ${items.length} ${what}`;
  }
  heads.forEach((th, at) => th.firstElementChild.addEventListener("click", () => { Object.assign(now, nextSort(now, columns[at].label, Boolean(columns[at].number))); drawRows(); }));
  more.addEventListener("click", () => { now.all = !now.all; drawRows(); });
  section.append(make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": what }, make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body)), more, left);
  section.hidden = false;
  if (section.id === "sites") $("left").hidden = false;
  drawRows();
}
const byNeed = (a, b) => b.users - a.users || RANK[a.worst ?? "safe"] - RANK[b.worst ?? "safe"] || b.risky - a.risky || (a.name < b.name ? -1 : 1);
function rollups() {
  const count = (label, key) => ({ label, number: true, value: (each) => each[key] });
  if (fleet.some((each) => each.site))
    rollup($("sites"), sitesOf(fleet).sort(byNeed), [{ label: "Site", value: (each) => each.name }, count("Firewalls", "hosts"), count("At risk", "risky"), count("Users hit", "users")], "sites");
  const needy = fleet.filter((each) => NEEDS.includes(each.worst) || each.users || each.status !== "ok").sort(byNeed);
  if (needy.length)
    rollup($("devices"), needy, [
      { label: "Firewall", value: (each) => each.name, show: (each) => {
        const opener = make("button", { type: "button" }, named(each.name));
        opener.dataset.device = each.at;
        return make("span", {}, opener, each.mates.length ? make("small", {}, "mate " + each.mates.join(", ")) : null);
      } },
      { label: "Verdict", value: (each) => RANK[each.worst], show: (each) => each.findings.length ? make("span", { className: "badge " + each.worst }, each.worst) : make("span", { className: "badge unknown" }, each.status) },
      count("Users hit", "users"),
      { label: "Lines to type", number: true, value: (each) => each.lines.length, show: (each) => each.lines.length ? copyButton(each.lines.join("\n"), `Copy ${each.lines.length}`) : each.risky ? make("span", { className: "hint" }, "blocked") : "" },
    ], "firewalls");
}
let shownDevice = null;
function openDevice(at) {
  const device = fleet[at], panel = $("panel");
  shownDevice = at;
  panel.replaceChildren(make("div", { className: "top" }, make("h2", { id: "panel-title" }, named(device.name)), make("div", { className: "nav" }, make("button", { type: "button", id: "close" }, "Close"))),
    make("p", {}, [device.platform.toUpperCase() + " " + (device.release ?? "release unknown"), device.site, device.mates.length ? "mate " + device.mates.join(", ") : "", device.status === "ok" ? "" : device.status].filter(Boolean).join(", ") + "."),
    device.users || device.past ? make("p", {}, [device.users ? `${plural(device.users, "user")} hit` : "", device.past ? `${plural(device.past, "user")} hit before the present setting` : ""].filter(Boolean).join("; ") + ".") : "",
    device.lines.length ? toType(device.lines, "All lines, in configuration mode") : make("p", {}, "Nothing can be typed here that closes a gap."),
    make("h3", {}, "Findings"), make("ul", { className: "plain" }, ...device.findings.map((i) => {
      const opener = make("button", { type: "button", className: "link" }, named(DATA.rows[i][AT.name]));
      opener.dataset.finding = i;
      return make("li", {}, make("span", { className: "badge " + DATA.rows[i][AT.verdict] }, DATA.rows[i][AT.verdict]), " ", opener);
    })));
  if (!panel.open) panel.showModal();
  $("close").focus();
}

// --- who was hit, for the helpdesk ---------------------------------------------------------------------
function hit() {
  const found = DATA.rows.flatMap((row) => (row[AT.who] || []).map((user) => [user, deviceOf(row)[0], deviceOf(row)[5], row[AT.name], row[AT.group_policy] ?? ""]));
  if (!found.length) return;
  found.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const head = ["user", "firewall", "site", "tunnel group", "group policy"], shown = found.slice(0, 200);
  const save = make("button", { type: "button", id: "csv" }, "Save as CSV");
  save.addEventListener("click", () => {
    // a spreadsheet must not take a name for a formula
    const quoted = (text) => '"' + (/^[=+\-@\t\r]/.test(text) ? "'" : "") + text.replaceAll('"', '""') + '"';
    const text = [head, ...found].map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
    const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv" })), download: "users-hit.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  const users = new Set(found.map((line) => line[0] + "\n" + line[1])).size;
  $("hit").firstElementChild.textContent = `Who was hit: ${plural(users, "user")}`;
  $("hit").append(save, tableOf(head, shown), found.length > shown.length ? make("p", {}, `The first ${shown.length} of ${found.length}; the CSV holds all.`) : "");
  $("hit").hidden = false;
}

// --- the trend ---------------------------------------------------------------------------------------
function trend() {
  if (DATA.trend.length < 2) return;
  const wide = 440, side = 2;
  const counts = DATA.trend.map(([, c]) => c.at_risk || 0), top = Math.max(1, ...counts), width = (wide - 2 * side) / counts.length;
  const svg = draw("svg", { viewBox: `0 0 ${wide} 88`, role: "img", "aria-label": `Findings at risk, oldest first: ${counts.join(", ")}` });
  counts.forEach((n, i) => {
    const h = (n / top) * 44, x = side + i * width;
    svg.append(draw("rect", { x: x + 1, y: 64 - h, width: Math.max(1, width - 4), height: h, rx: 2, fill: "var(--at-risk)", opacity: .75 }));
    if (width > 26 || i === counts.length - 1) svg.append(draw("text", { x: x + width / 2, y: 59 - h, "text-anchor": "middle" }, String(n)));
  });
  svg.append(draw("text", { x: side, y: 82, class: "soft" }, DATA.trend[0][0].slice(0, 10)), draw("text", { x: wide - side, y: 82, "text-anchor": "end", class: "soft" }, DATA.trend[DATA.trend.length - 1][0].slice(0, 10)));
  $("trend").hidden = $("left").hidden = false;
  $("trend").querySelector("svg")?.remove();
  $("trend").prepend(svg);
}
