/* The bell: a button where there is script; how much is new is asked again when one comes back, or has saved something. */
(() => {
  "use strict";

  const bell = document.getElementById("bell");
  if (!bell) return;

  bell.setAttribute("role", "button");
  bell.setAttribute("aria-haspopup", "true");
  bell.setAttribute("aria-expanded", "false");

  /* Space presses a button, and a link it does not. */
  bell.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    bell.click();
  });

  /* Nobody waits for this: without a network, or a session, it stays as it was. */
  let asked = null;
  const count = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(bell.dataset.count, { redirect: "manual", signal: asked.signal });
      if (answer.ok) bell.innerHTML = await answer.text();
    } catch {
      return;
    }
  };

  window.addEventListener("focus", count);
  document.body.addEventListener("saved", count);
})();
