/* Adds a customer that was looked up to the names; without script the names are typed or pasted. */
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-line]");
    const list = button?.closest("[data-adds-to]");
    if (!list) return;
    const names = document.getElementById(list.dataset.addsTo);
    const lines = names.value.split("\n").filter((line) => line.trim());
    if (!lines.includes(button.dataset.addLine)) lines.push(button.dataset.addLine);
    names.value = `${lines.join("\n")}\n`;
    button.disabled = true;
  });

  /* Enter in the search would send the whole form. */
  document.getElementById("names-q")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
})();
