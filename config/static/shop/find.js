// The search box's panel by keyboard: arrows walk through what is suggested, Escape puts it away.
"use strict";

document.addEventListener("keydown", (pressed) => {
  const find = pressed.target.closest?.(".find");
  const panel = find?.querySelector(".suggestions");
  if (!panel?.firstElementChild) return;
  const box = find.querySelector("[type=search]");
  if (pressed.key === "Escape") {
    panel.replaceChildren();
    box.focus();
    pressed.preventDefault();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
  if (!step) return;
  const stops = [box, ...panel.querySelectorAll("a")];
  stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  pressed.preventDefault();
});
