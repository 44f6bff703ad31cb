/*
The page in Voila, JupyterLab and notebooks: Python reads and compares the visitor's own
assessment. Nothing of it is in the state of the widget; it travels in messages only.
*/

/* Asks Python; the answer comes as a message with the same number. */
function asker(model) {
  const [mark, waiting] = [Math.random(), new Map()];
  model.on("msg:custom", (answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  return (what, value = null, content = null) =>
    new Promise((done, failed) => {
      const id = `${mark}-${waiting.size}-${performance.now()}`;
      waiting.set(id, (answer) =>
        "refused" in answer ? failed(Object.assign(new Error(), { told: answer.refused })) : done(answer));
      model.send({ id, ask: what, value }, undefined, content ? [content] : []);
    });
}

const inPython = (ask, stored) => () => ({
  stored,
  saysInvented: true,
  accepts: "",
  formats: ["link", "json", "any"],
  read: async (bytes) => (await ask("read", null, bytes)).about,
  open: async (name) => (await ask("open", name)).about,
  compare: async (group) => (await ask("compare", group)).comparison,
  forget: () => ask("forget"),
});

async function render({ model, el }) {
  el.classList.add("pk-view", "pk-site", "notebook");
  const place = document.createElement("div");
  place.className = "benchmark";
  el.append(place);
  const ask = asker(model);
  try {
    const inVoila = Boolean(document.body.dataset.voila); // in JupyterLab the address is its own
    const language = inVoila ? localStorage.getItem("pkimm-language") : null;
    const { page, stored, problems, frame } = await ask("open_page", language);
    window.pkFrame?.(frame);
    const said = document.createElement("div");
    preact.render(problems.map((text) => html`<p class="notice">${text}</p>`), said);
    el.prepend(said);
    return mount(place, {
      data: JSON.parse(page),
      host: inPython(ask, stored),
      keepsAddress: inVoila,
    });
  } catch (error) {
    place.append(...(error.told ?? String(error)).split("\n").map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    return undefined;
  }
}

export default { render };
