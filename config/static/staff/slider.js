// The time slider: moving it shows the order as it was after that step, from the same page that the links lead to.
(() => {
  const slider = document.getElementById("moment");
  if (!slider) return;
  const moments = [...document.querySelectorAll("#moments option")].map((one) => one.label);
  let asked = 0;

  slider.addEventListener("input", async () => {
    const at = moments[Number(slider.value)];
    const mine = (asked += 1);
    const address = new URL(location.href);
    address.searchParams.set("at", at);
    const answer = await fetch(address);
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("then-facts").replaceWith(page.getElementById("then-facts"));
    const field = document.querySelector('.slider [name="at"]');
    field.value = page.querySelector('.slider [name="at"]').value;
    history.replaceState(null, "", address);
  });
})();
