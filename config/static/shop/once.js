// A form marked data-once is sent once: whoever presses twice waits for the answer to the first.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.dataset.once === "sent") {
    event.preventDefault();
    return;
  }
  form.dataset.once = "sent";
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  button.setAttribute("aria-busy", "true");
});

// A page that comes back by the back button can be sent again; the shop knows what it has seen.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.dataset.once = "";
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});
