// What the theme leaves unnamed, or out of the keyboard's reach, on each page and in what it adds to one later.
"use strict";

function name_and_reach() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".md-code__nav:not([aria-label])").forEach((each, number) => {
    each.setAttribute("aria-label", `Code block, ${each.closest("pre").id} ${number + 1}`);
  });
  for (const each of document.querySelectorAll("pre > code:not([tabindex]), .md-typeset__scrollwrap:not([tabindex])")) {
    each.tabIndex = 0;
  }
}

name_and_reach();
new MutationObserver(name_and_reach).observe(document.body, { childList: true, subtree: true });
