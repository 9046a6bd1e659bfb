/* Notes that wait for the network, on this device: each with its number, who wrote it, and what it says. */
window.outbox = (() => {
  "use strict";

  const STORE = "notes";

  const settled = (request) =>
    new Promise((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(request.error));
    });

  const open = () => {
    const request = indexedDB.open("retention-outbox", 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE, { keyPath: "key" }));
    return settled(request);
  };

  const within = async (mode, work) => {
    const database = await open();
    try {
      const transaction = database.transaction(STORE, mode);
      const done = new Promise((resolve, reject) => {
        transaction.addEventListener("complete", resolve);
        transaction.addEventListener("abort", () => reject(transaction.error));
      });
      const result = await settled(work(transaction.objectStore(STORE)));
      await done;
      return result;
    } finally {
      database.close();
    }
  };

  const inOrder = (notes) => notes.sort((one, other) => one.at - other.at);
  const NOT_KEPT = ["csrfmiddlewaretoken", "next", "log_key", "customer", "who"];

  return {
    all: async () => inOrder(await within("readonly", (store) => store.getAll())),
    put: (note) => within("readwrite", (store) => store.put(note)),
    remove: (key) => within("readwrite", (store) => store.delete(key)),
    /* A note of what a form says; `person` has an id and a name. */
    note: (form, person) => {
      const values = new Map(form);
      const at = Date.now();
      if (!values.get("happened_at")) form.set("happened_at", new Date(at).toISOString());
      return {
        key: values.get("log_key") || crypto.randomUUID(),
        person: person.id,
        author: person.name,
        customer: values.get("customer") ?? "",
        who: values.get("who") ?? "",
        fields: [...form].filter(([name]) => !NOT_KEPT.includes(name)),
        at,
        reasons: [],
      };
    },
  };
})();
