// The time slider: moving it shows the order as it was after that step, from the page that its form asks for.
(() => {
  const slider = document.getElementById("step");
  if (!slider) return;
  let asked = 0;

  slider.addEventListener("input", async () => {
    const mine = (asked += 1);
    const address = `?step=${slider.value}`;
    const answer = await fetch(address);
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("then-facts").replaceWith(page.getElementById("then-facts"));
    document.querySelector('.slider [name="at"]').value = page.querySelector('.slider [name="at"]').value;
    history.replaceState(null, "", address);
  });
})();
