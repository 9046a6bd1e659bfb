/* The page without a network: writes a note down, counts what waits, and goes on when the network is back. */
(() => {
  "use strict";

  const form = document.getElementById("unsent");
  const waiting = document.getElementById("waiting");
  const said = document.getElementById("said");

  const whoWrites = () => {
    try {
      return JSON.parse(window.localStorage.getItem("retention.person"));
    } catch {
      return null;
    }
  };

  const person = whoWrites();
  form.hidden = !person;
  document.getElementById("nobody").hidden = Boolean(person);

  const isWriting = () => [...form.querySelectorAll("textarea, input[type=text]")].some((field) => field.value);

  const show = async () => {
    const notes = await window.outbox.all();
    waiting.hidden = !notes.length;
    waiting.textContent = (notes.length === 1 ? waiting.dataset.one : waiting.dataset.many).replace("{n}", notes.length);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await window.outbox.put(window.outbox.note(new FormData(form), person));
      form.reset();
      said.textContent = said.dataset.kept;
    } catch {
      said.textContent = said.dataset.failed;
    }
    await show();
  });

  const again = () => window.location.reload();

  /* A network that has come back may still be shaky: the server itself is asked, past the worker, which answers GET. */
  const look = () => fetch(form.dataset.ask, { method: "HEAD", cache: "no-store" }).then(again, () => {});

  document.getElementById("again").addEventListener("click", again);
  window.addEventListener("online", () => !isWriting() && look());
  window.setInterval(() => !isWriting() && look(), 3000);
  show();
})();
