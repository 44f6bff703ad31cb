// A chart: what Python sends is drawn by the page's plotly, each figure once.

const CONFIG = { displayModeBar: false, scrollZoom: false };
const NO_PLOTLY = "Plotly is not installed beside Jupyter, so there is no chart; the table says the same.";

// Plotly's extension of JupyterLab holds the library and loads it for the first chart, so
// an empty one is drawn beside the page. The frame of our dashboards has begun before.
function plotly() {
  window.pkPlotly ??= (async () => {
    const extension = await window._JUPYTERLAB["jupyterlab-plotly"].get("./mimeExtension");
    const { MIME_TYPE, rendererFactory } = extension();
    const renderer = rendererFactory.createRenderer({ mimeType: MIME_TYPE });
    await renderer.renderModel({ data: { [MIME_TYPE]: { data: [], layout: {} } } });
    return window.Plotly;
  })();
  return window.pkPlotly;
}

const idle = () => new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));

// Each figure once where nobody sees it, when the page has nothing else to do.
async function rehearse(library, texts, width) {
  const place = document.createElement("div");
  place.ariaHidden = "true";
  place.style.cssText = `position: fixed; left: -9999px; visibility: hidden; width: ${width}px`;
  document.body.append(place);
  try {
    for (const text of texts) {
      await idle();
      const { data, layout } = JSON.parse(text);
      await library.newPlot(place, data, layout, CONFIG);
      library.purge(place);
    }
  } finally {
    place.remove();
  }
}

const kind = (traces) => traces.map((trace) => trace.type).join();

function render({ model, el }) {
  el.classList.add("pk-chart");
  const place = document.createElement("div");
  el.append(place);
  let library;
  let shown = "";
  let width = 0;
  let rehearsed;

  const draw = async () => {
    const text = model.get("figure");
    el.style.display = text ? "" : "none";
    if (!text) {
      library?.purge(place);
      shown = "";
      return;
    }
    const { data, layout } = JSON.parse(text);
    el.style.height = `${layout.height + 10}px`; // with padding and border
    try {
      library ??= await plotly();
    } catch {
      place.textContent = NO_PLOTLY;
      return;
    }
    if (text !== model.get("figure")) return; // a newer one came meanwhile
    place.setAttribute("aria-busy", "true");
    // Changing a chart into one of another kind takes longer than beginning anew.
    await library[kind(data) === shown ? "react" : "newPlot"](place, data, layout, CONFIG);
    shown = kind(data);
    width = el.clientWidth;
    place.removeAttribute("aria-busy");
    prepare();
  };
  const prepare = () => {
    const texts = model.get("rehearsal");
    if (!shown || !texts.length || texts === rehearsed) return;
    rehearsed = texts;
    rehearse(library, texts, width);
  };

  model.on("change:figure", draw);
  model.on("change:rehearsal", prepare);
  draw();
  const watcher = new ResizeObserver(() => {
    if (!shown || !el.clientWidth || el.clientWidth === width) return;
    width = el.clientWidth;
    library.Plots.resize(place);
  });
  watcher.observe(el);
  return () => {
    watcher.disconnect();
    model.off("change:figure", draw);
    model.off("change:rehearsal", prepare);
    library?.purge(place);
  };
}

export default { render };
