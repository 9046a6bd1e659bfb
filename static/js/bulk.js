// Choosing customers of a list, and showing only what the chosen action needs. Without it everything can be used, too.

(() => {
  "use strict";

  function showOnlyChosen(form) {
    const chosen = form.querySelector(`[name="${form.dataset.onlyChosen}"]:checked`);
    for (const part of form.querySelectorAll("[data-for]")) {
      part.hidden = !chosen || part.dataset.for !== chosen.value;
    }
  }

  function countChosen(list) {
    const boxes = [...list.querySelectorAll("[name=pk]")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = list.querySelector("[data-choose-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    const bar = list.querySelector("[data-chosen]");
    if (bar) {
      bar.hidden = chosen === 0;
      bar.querySelector("[data-number]").textContent = chosen;
    }
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-only-chosen]");
    if (form) showOnlyChosen(form);
    const list = event.target.closest("#customer-list");
    if (!list) return;
    if (event.target.matches("[data-choose-all]")) {
      for (const box of list.querySelectorAll("[name=pk]")) box.checked = event.target.checked;
    }
    countChosen(list);
  });

  function prepare() {
    for (const form of document.querySelectorAll("[data-only-chosen]")) showOnlyChosen(form);
    const list = document.getElementById("customer-list");
    if (list) countChosen(list);
  }

  document.addEventListener("htmx:afterSettle", prepare);
  // A browser that goes back ticks what was ticked.
  window.addEventListener("pageshow", prepare);
  prepare();
})();
