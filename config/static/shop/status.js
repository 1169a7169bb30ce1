// Keeps the order page true while it is open: fetches it again and swaps the part that moves, until nothing moves any more.
"use strict";

const FIRST_MS = 2000;

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) swap(live, new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Offline for a moment: the page still shows the last true state.
  }
  setTimeout(refresh, Number(live.dataset.every));
}

function swap(live, page) {
  const fresh = page.querySelector("#order-now");
  if (!fresh) return;
  const changed = live.dataset.live !== fresh.dataset.live;
  if (!changed) return;
  const focused = live.contains(document.activeElement) && document.activeElement.id;
  live.replaceWith(fresh);
  document.title = page.title;
  const said = fresh.querySelector("[aria-current] .step-note") ?? fresh.querySelector("h1");
  document.querySelector("#order-said").textContent = said.textContent;
  if (focused) document.getElementById(focused)?.focus();
}

setTimeout(refresh, FIRST_MS);
