/* The preview beside the editor follows what is typed. Without this the button shows it. */
(() => {
  "use strict";

  const form = document.getElementById("wording-form");
  const button = document.getElementById("preview-button");
  let waiting = 0;

  const show = () => {
    // A new frame each time: its first page adds nothing to the history, so Back still leaves the editor.
    const frame = document.querySelector("iframe[name=preview]");
    frame.replaceWith(frame.cloneNode());
    form.requestSubmit(button);
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 600);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
  show();
})();
