// Keeps a page of figures fresh: asks for it again and puts in the parts that have changed. What is open stays
// open, what somebody is at or has typed into is left alone, and a page that nobody sees is not asked for.
(() => {
  const live = document.querySelector("[data-refresh]");
  if (!live) return;
  const pause = Number(live.dataset.refresh) * 1000;
  let failures = 0;

  const isTyped = (field) => field.value !== field.defaultValue;

  function renew(fresh) {
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = live.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!old || old.contains(document.activeElement)) continue;
      if ([...old.querySelectorAll("input")].some(isTyped)) continue;
      const open = [...old.querySelectorAll("details")].map((one) => one.open);
      if (open.some(Boolean)) part.querySelectorAll("details").forEach((one, n) => (one.open = open[n]));
      if (old.outerHTML !== part.outerHTML) old.replaceWith(part);
    }
  }

  async function again() {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
        failures = 0;
      } catch {
        failures += 1;
      }
    }
    setTimeout(again, pause * 2 ** Math.min(failures, 4));
  }
  setTimeout(again, pause);
})();
