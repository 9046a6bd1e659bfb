/* Puts the questions of a survey in order by dragging, or by Alt and an arrow key; their buttons do without it. A page
   that was asked for by its question (#question-…) opens with the focus on it, so keys can go on. */
(() => {
  "use strict";

  const list = document.querySelector("[data-builder]");
  if (!list) return;
  let dragged = null;

  const rows = () => [...list.children];
  const moving = (row) => row.querySelector("[data-move]");

  const send = (row) => {
    const place = document.createElement("input");
    Object.assign(place, { type: "hidden", name: "place", value: rows().indexOf(row) + 1 });
    moving(row).append(place);
    moving(row).submit();
  };

  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".builder-row");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    dragged.classList.add("is-dragged");
  });

  list.addEventListener("dragover", (event) => {
    const over = event.target.closest(".builder-row");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY < top + height / 2) over.before(dragged);
    else over.after(dragged);
  });

  list.addEventListener("drop", (event) => event.preventDefault());

  /* Let go outside of the list it stays where it was last. */
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    const row = dragged;
    dragged = null;
    row.classList.remove("is-dragged");
    if (rows().indexOf(row) + 1 !== Number(row.dataset.place)) send(row);
  });

  list.addEventListener("keydown", (event) => {
    const row = event.target.closest(".builder-row");
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!row || !way || !event.altKey) return;
    event.preventDefault();
    moving(row).querySelector(`[value=${way}]:not([disabled])`)?.click();
  });
})();
