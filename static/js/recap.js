/* The button says to how many the recap goes. Without this it says: to those ticked. */
(() => {
  "use strict";

  const form = document.getElementById("wording-form");
  const button = document.getElementById("send-button");
  if (!button) return;
  const unsaid = button.textContent;

  const say = () => {
    const count = form.querySelectorAll("input[name=contacts]:checked").length;
    const many = button.dataset.many.replace("{n}", count);
    button.textContent = count === 0 ? unsaid : count === 1 ? button.dataset.one : many;
  };

  form.addEventListener("change", say);
  say();
})();
