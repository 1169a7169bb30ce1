// Some of what unfold opens is found by a mouse alone, and its icons are words to whoever listens: let everybody in.
document.addEventListener("DOMContentLoaded", () => {
  const words = (place) => place.textContent.trim();

  for (const place of document.querySelectorAll("[x-on\\:click]:not(a[href], button, input, select, label)")) {
    if (!words(place)) continue;
    place.tabIndex = 0;
    place.setAttribute("role", "button");
    place.addEventListener("keydown", (press) => {
      if (press.target !== place || ![" ", "Enter"].includes(press.key)) return;
      press.preventDefault();
      place.click();
    });
  }

  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    const bearer = icon.closest("a, button, [role=button], [title]");
    if (bearer && words(bearer) === words(icon)) {
      bearer.setAttribute("aria-label", bearer.title.trim() || words(icon).replaceAll("_", " "));
      if (!bearer.matches("a, button, [role]")) bearer.setAttribute("role", "img");
    } else {
      icon.setAttribute("aria-hidden", "true");
    }
  }
});

// Django's own boxes for choosing several come later, when everything is loaded: their hints are named pictures.
window.addEventListener("load", () => {
  setTimeout(() => document.querySelectorAll(".help-tooltip").forEach((hint) => hint.setAttribute("role", "img")));
});
