// The search at the top: what is typed is answered below it; arrows choose, Enter opens, Escape leaves.

(() => {
  "use strict";

  const input = document.querySelector("[data-search]");
  const list = document.getElementById("palette");

  if (input && list) {
    let active = null;

    const options = () => [...list.querySelectorAll("[role=option]")];

    const choose = (option) => {
      active?.removeAttribute("aria-selected");
      active = option ?? null;
      if (active) {
        active.setAttribute("aria-selected", "true");
        active.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", active.id);
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    };

    const show = (open) => {
      list.hidden = !open;
      input.setAttribute("aria-expanded", String(open));
      if (!open) choose(null);
    };

    const move = (by) => {
      const all = options();
      if (!all.length) return;
      const at = active ? all.indexOf(active) : by > 0 ? -1 : 0;
      choose(all[(at + by + all.length) % all.length]);
    };

    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) show(true);
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && active) {
        event.preventDefault();
        active.click();
        show(false);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        show(false);
      }
    });

    list.addEventListener("htmx:afterSwap", (event) => {
      // Notes come below the names that are chosen from already.
      if (event.target === list) choose(null);
      if (document.activeElement === input) show(true);
    });
    list.addEventListener("click", () => show(false));
    document.addEventListener("focusin", (event) => {
      if (!event.target.closest(".topbar-search")) show(false);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".topbar-search")) show(false);
    });
  }
})();
