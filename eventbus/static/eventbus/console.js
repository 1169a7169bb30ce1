// The console's live parts: each is fetched again, from the page's own address, every few seconds.
//
//   <div data-live="5"> … </div>
//
// Nothing is fetched while the page is hidden, or while somebody reads or chooses something in the part.
(() => {
  "use strict";
  const SLOWEST_SECONDS = 60;

  const inUse = (part) =>
    part.contains(document.activeElement) && document.activeElement !== document.body ||
    part.querySelector("details[open], input:checked") !== null ||
    [...part.querySelectorAll("input:not([type=hidden], [type=checkbox])")].some((field) => field.value);

  const follow = (part) => {
    const every = Number(part.dataset.live);
    let pause = every;
    const again = () => setTimeout(refresh, pause * 1000);
    const refresh = async () => {
      if (!document.hidden && !inUse(part)) {
        try {
          const answer = await fetch(location.href, { headers: { "X-Console-Part": "1" }, credentials: "same-origin" });
          if (answer.ok && !answer.redirected && !inUse(part)) {
            part.innerHTML = await answer.text();
            part.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
          }
          pause = answer.ok ? every : Math.min(pause * 2, SLOWEST_SECONDS);
        } catch {
          pause = Math.min(pause * 2, SLOWEST_SECONDS);
        }
        part.classList.toggle("eb-stale", pause > every);
      }
      again();
    };
    again();
  };

  // A box that chooses all the others of its form; it is hidden where there is no script.
  const chooseAll = (box) => {
    box.hidden = false;
    box.addEventListener("change", () => {
      box.form.querySelectorAll(`[name="${box.dataset.all}"]`).forEach((one) => (one.checked = box.checked));
    });
  };

  document.querySelectorAll("[data-live]").forEach(follow);
  document.querySelectorAll("[data-all]").forEach(chooseAll);
})();
