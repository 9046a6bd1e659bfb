/* What was logged without a network is kept, delivered once, and shown until it is: see outbox-store.js. */
(() => {
  "use strict";

  const body = document.body;
  const bar = document.getElementById("outbox");
  const panel = document.getElementById("log-panel");
  if (!bar || !body.dataset.person) return;

  const person = { id: body.dataset.person, name: body.dataset.personName };
  const { log, deliver: address, offline } = bar.dataset;
  const AWAY = [502, 503, 504];
  const EVERY = 30_000;
  /* The refused note that is being mended in the panel. */
  let mending = null;

  const words = (name) => bar.dataset[name];
  const say = (text) => {
    const toast = document.getElementById("said").content.cloneNode(true);
    toast.querySelector("[data-said]").textContent = text;
    document.getElementById("toasts").append(toast);
    body.dispatchEvent(new CustomEvent("toasts"));
  };

  /* ---- What waits, what was refused, and what is not for the one who is logged in ---- */

  const count = (place, notes, name = "") => {
    place.hidden = !notes.length;
    const text = notes.length === 1 ? place.dataset.one : place.dataset.many;
    const said = notes.length ? text.replace("{n}", notes.length).replaceAll("{name}", name) : "";
    if (place.textContent !== said) place.textContent = said;
  };

  const line = (note) => {
    const row = document.getElementById("outbox-refused").content.cloneNode(true);
    const time = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const format = new Intl.DateTimeFormat(body.dataset.locale, time);
    row.querySelector("[data-who]").textContent = note.who;
    row.querySelector("[data-when]").textContent = format.format(note.at);
    row.querySelector("[data-reasons]").textContent = note.reasons.join(" ");
    row.querySelector("[data-text]").textContent = Object.fromEntries(note.fields).notes ?? "";
    row.firstElementChild.dataset.key = note.key;
    return row;
  };

  const show = async () => {
    const notes = await window.outbox.all();
    const mine = notes.filter((note) => note.person === person.id);
    const others = notes.filter((note) => note.person !== person.id);
    const refused = mine.filter((note) => note.reasons.length);
    count(bar.querySelector("[data-waiting]"), mine.filter((note) => !note.reasons.length));
    count(bar.querySelector("[data-others]"), others, [...new Set(others.map((note) => note.author))].join(", "));
    bar.querySelector("[data-refused]").replaceChildren(...refused.map(line));
    bar.classList.toggle("is-empty", !notes.length);
  };

  /* ---- Keeping ---- */

  const keep = async (form, source) => {
    const note = window.outbox.note(form, person);
    try {
      await window.outbox.put(note);
    } catch {
      return body.dispatchEvent(new CustomEvent("failed"));
    }
    source.dispatchEvent(new CustomEvent("kept", { bubbles: true }));
    bootstrap.Offcanvas.getInstance(panel)?.hide();
    say(words("kept").replace("{name}", note.who));
    return show();
  };

  const isLog = ({ verb, path }, wanted = "post") => verb === wanted && new URL(path, window.location).pathname === log;

  const lost = (event) => {
    const { requestConfig, target, xhr } = event.detail;
    if (xhr.status && !AWAY.includes(xhr.status)) return;
    if (isLog(requestConfig)) {
      event.preventDefault();
      keep(requestConfig.formData, event.target);
    } else if (isLog(requestConfig, "get") && target.id === "log-panel-body") {
      event.preventDefault();
      openWithout(new URL(requestConfig.path, window.location).searchParams.get("customer") ?? "");
    }
  };

  /* Before the others hear of it, who would say that it failed. */
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) => body.addEventListener(name, lost, true));

  /* ---- The panel without a network: the form of the page that is kept for it ---- */

  const openWithout = async (customer) => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(offline)).text(), "text/html");
      const form = page.getElementById("unsent");
      const who = document.querySelector(`[data-who][href*="customer=${customer}"]`)?.dataset.who ?? "";
      const { elements } = form;
      [elements.customer.value, elements.who.value] = customer && who ? [customer, who] : ["", ""];
      form.classList.toggle("is-known", Boolean(elements.customer.value));
      const place = document.getElementById("log-panel-body");
      const title = elements.customer.value ? who : words("title");
      place.querySelector("#panel-title").textContent = title;
      place.querySelectorAll(":scope > :not(.offcanvas-header)").forEach((old) => old.remove());
      const frame = document.createElement("div");
      frame.className = "panel-body";
      frame.append(form);
      place.append(frame);
      form.querySelector(elements.customer.value ? "[name=outcome]:checked" : "[name=who]").focus();
    } catch {
      body.dispatchEvent(new CustomEvent("failed"));
    }
  };

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "unsent") return;
    event.preventDefault();
    if (event.target.reportValidity()) keep(new FormData(event.target), event.target);
  });

  /* ---- Delivering ---- */

  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

  /* Whether the next one may be tried. */
  const send = async (note) => {
    const own = [["customer", note.customer], ["log_key", note.key], ["person", note.person]];
    own.push(["written_at", new Date(note.at).toISOString()]);
    const request = { method: "POST", redirect: "manual", headers: { "X-CSRFToken": token() } };
    const response = await fetch(address, { ...request, body: new URLSearchParams([...note.fields, ...own]) });
    const isAnswer = response.headers.get("Content-Type")?.startsWith("application/json");
    if (!isAnswer || response.status === 409) return false;
    const { told, reasons } = await response.json();
    if (response.ok) {
      await window.outbox.remove(note.key);
      say(told);
      htmx.trigger(body, "saved", { quiet: true });
    } else {
      await window.outbox.put({ ...note, reasons });
    }
    return true;
  };

  const deliverAll = async () => {
    const notes = await window.outbox.all();
    for (const note of notes.filter((one) => one.person === person.id && !one.reasons.length)) {
      if (!(await send(note))) break;
    }
  };

  const deliver = async () => {
    try {
      if (navigator.onLine) {
        /* One window at a time; the server would refuse a second anyway. */
        const alone = (work) => navigator.locks?.request("retention-outbox", { ifAvailable: true }, work) ?? work(true);
        await alone((lock) => lock && deliverAll());
      }
    } catch {
      /* No network after all: it is tried again. */
    }
    await show();
  };

  /* ---- Mending what was refused ---- */

  const open = (note) => {
    mending = note;
    const query = note.customer ? `customer=${note.customer}` : `q=${encodeURIComponent(note.who)}`;
    body.dispatchEvent(new CustomEvent("panel", { detail: `${log}?${query}` }));
  };

  const fillIn = () => {
    const form = panel.querySelector(".log-form[method=post]");
    if (!mending || !form || "bound" in form.dataset) return;
    form.elements.log_key.value = mending.key;
    form.dispatchEvent(new CustomEvent("fill", { bubbles: true, detail: mending.fields }));
  };

  const mended = async (event) => {
    const { requestConfig, xhr } = event.detail;
    if (!mending || xhr.status !== 200 || !isLog(requestConfig)) return;
    if (requestConfig.formData.get("log_key") !== mending.key) return;
    await window.outbox.remove(mending.key);
    mending = null;
    await show();
  };

  bar.addEventListener("click", async (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    const note = key && (await window.outbox.all()).find((one) => one.key === key);
    if (!note) return;
    if (event.target.closest("[data-mend]")) open(note);
    if (event.target.closest("[data-drop]") && window.confirm(words("sure"))) {
      await window.outbox.remove(key);
      await show();
    }
  });

  /* Before anybody can type or save: an empty form that is quickly saved would be taken for the mended note. */
  body.addEventListener("htmx:afterSwap", (event) => event.target.id === "log-panel-body" && fillIn());
  body.addEventListener("htmx:afterRequest", mended);
  /* It may be opened for the next one while it still slides out for the last. */
  panel.addEventListener("hidden.bs.offcanvas", () => {
    if (!panel.matches(".show, .showing")) mending = null;
  });

  /* ---- When ---- */

  window.addEventListener("online", deliver);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && deliver());
  window.setInterval(() => !bar.querySelector("[data-waiting]").hidden && deliver(), EVERY);

  const install = async () => {
    await navigator.serviceWorker.register(words("worker"), { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    /* A page that was on its way while the worker began is not yet among those it looks after. */
    if (!navigator.serviceWorker.controller) active.postMessage("claim");
  };
  if ("serviceWorker" in navigator) install().catch(() => {});

  /* Who writes on the page without a network, which is the same for everybody. */
  const remember = (store) => store.setItem("retention.person", JSON.stringify(person));
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-logout]")) window.localStorage.removeItem("retention.person");
  });
  try {
    remember(window.localStorage);
  } catch {
    /* A browser that keeps nothing has nobody to remember. */
  }
  deliver();
})();
