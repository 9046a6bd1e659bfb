/* The button says to how many an invitation goes. Without this it says only that the meeting is planned. */
(() => {
  "use strict";

  const form = document.getElementById("meeting-form");
  const button = document.getElementById("meeting-button");
  const invite = form.querySelector("input[name=invite]");
  if (!invite) return;
  const unsaid = button.textContent;

  const say = () => {
    const ticked = form.querySelectorAll("input[name=contacts]:checked:not([data-no-mail])");
    const count = invite.checked ? ticked.length : 0;
    const many = button.dataset.many.replace("{n}", count);
    button.textContent = count === 0 ? unsaid : count === 1 ? button.dataset.one : many;
  };

  form.addEventListener("change", say);
  say();
})();
