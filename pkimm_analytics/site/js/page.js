/*
The benchmark page: a finding, the peers in one bar, the picture of levels with the
visitor in it, and then what explains it. The same in the static site, in Voila, JupyterLab
and notebooks; only the `host` differs, which reads and compares the visitor's assessment.
*/

// --- what is shown, kept in the address behind the # --------------------------------------

const DEFAULTS = { show: "overall", level: 3 };

/* Reads an address; a group that is unknown or withheld is relaxed, and that is said. */
function stateOf(release, hash) {
  const given = new URLSearchParams(hash.replace(/^#/, "").replace(/\+/g, "%2B"));
  const asked = Object.fromEntries([...given].filter(([name]) => release.importance.includes(name)));
  const { found, gone } = release.ladder(asked);
  const [first] = release.dimensions.map(([dimension]) => dimension);
  const level = Number(given.get("level"));
  return {
    group: found,
    show: release.measures.includes(given.get("show")) ? given.get("show") : DEFAULTS.show,
    level: LEVELS.slice(1).includes(level) ? level : DEFAULTS.level,
    by: release.codesOf(given.get("by")).length ? given.get("by") : first,
    told: gone.length ? relaxedWords(gone) : "",
    assessment: given.get("assessment"), // of the workspace; the static site has none
  };
}

const relaxedWords = (dimensions) =>
  say("peers.broader", { dimensions: inList(dimensions.map((d) => say(`dimension.${d}`))) });

function addressOf(release, { group, show, level, by, assessment }) {
  const pairs = Object.entries(group);
  if (assessment) pairs.push(["assessment", assessment]);
  if (show !== DEFAULTS.show) pairs.push(["show", show]);
  if (level !== DEFAULTS.level) pairs.push(["level", level]);
  if (by !== release.dimensions[0]?.[0]) pairs.push(["by", by]);
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

function keepAddress(hash) {
  try {
    history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
  } catch {
    location.hash = hash; // some browsers allow no new address for pages that are files
  }
}

// --- choosing peers -----------------------------------------------------------------------

/* Codes of a dimension; each says how many organizations one would see. */
function Picker({ release, group, change, dimension, label, id }) {
  const options = [[ALL, say("site.all")], ...release.codesOf(dimension)].map(([code]) => {
    const { n } = release.chosen(group, dimension, code);
    const name = code === ALL ? say("site.all") : codeName(release, dimension, code);
    return html`<option value=${code} disabled=${!n}>${name} · ${n ? bandText(n) : say("site.withheld")}</option>`;
  });
  const choose = (code) => {
    const next = release.chosen(group, dimension, code);
    change({ group: next.group, told: next.reset.length ? relaxedWords(next.reset) : "" });
  };
  return html`
    <label class="field">${label ?? say(`site.dimension.${dimension}`)}
      <select id=${id ?? `peers-${dimension}`} value=${group[dimension] ?? ALL} onChange=${(event) => choose(event.target.value)}>${options}</select>
    </label>`;
}

function PeerBar({ view, change }) {
  const { release, group, told } = view;
  const peers = release.peers(group, "overall");
  return html`
    <div class="peer-bar" id="peers" role="group" aria-label=${say("site.peers")}>
      ${release.dimensions.map(([dimension]) => html`<${Picker} ...${{ release, group, change, dimension }} />`)}
      <span class="chip">${peers ? organizations(peers.n) : say("site.withheld")}</span>
      ${release.keyOf(group) && html`<button type="button" class="link" onClick=${() => change({ group: {}, told: "" })}>${say("site.show_all")}</button>`}
      <p class="soft" role="status">${sentences(told, peers && !release.tells(group) && say("peers.tells_nothing"))}</p>
    </div>`;
}

function Select({ label, id, options, value, choose }) {
  return html`
    <label class="field">${label}
      <select id=${id} value=${value} onChange=${(event) => choose(event.target.value)}>
        ${options.map(([code, name]) => html`<option value=${code}>${name}</option>`)}
      </select>
    </label>`;
}

function selects({ release, show, level, by }, change) {
  const { edition } = release;
  const measures = ["overall", ...categoriesOf(release).map(({ key }) => key)];
  return {
    show: (id) => html`<${Select} id=${id} label=${say("site.show")} value=${show} choose=${(value) => change({ show: value })}
      options=${measures.map((key) => [key, nameOf(edition, key)])} />`,
    level: (id) => html`<${Select} id=${id} label=${say("site.reaching")} value=${String(level)} choose=${(value) => change({ level: Number(value) })}
      options=${LEVELS.slice(1).map((one) => [String(one), reaching(edition, one)])} />`,
    by: (id) => html`<${Select} id=${id} label=${say("site.compare_by")} value=${by} choose=${(value) => change({ by: value })}
      options=${release.dimensions.map(([dimension]) => [dimension, say(`site.dimension.${dimension}`)])} />`,
  };
}

// --- a chart ------------------------------------------------------------------------------

/* A sentence, the drawing, a table that says the same, and downloads with their context. */
function ChartCard({ name, chart, view, controls }) {
  const place = useRef();
  const [width, setWidth] = useState(0);
  const [isOpen, setOpen] = useState(false);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.floor(place.current?.clientWidth ?? 0));
    const watcher = new ResizeObserver(measure);
    watcher.observe(place.current);
    measure();
    return () => watcher.disconnect();
  }, []);
  const { release } = view;
  const group = chart.group ?? view.group;
  const about = () => contextOf(release, group, release.peers(group, "overall"));
  const file = (ending) => `pkimm-${release.facts.quarter}-${name}.${ending}`;
  const svg = () => standalone(place.current.querySelector("svg"), chart.title, about());
  const saves = {
    CSV: () => download(file("csv"), csvOf(chart.columns.map((one) => one.text), chart.rows, about()), "text/csv"),
    SVG: () => download(file("svg"), svg(), "image/svg+xml"),
    PNG: () => savePng(file("png"), svg()),
  };
  const legend = (chart.legend ?? []).filter(Boolean);
  return html`
    <section class="card chart" id=${name} aria-labelledby=${`${name}-title`}>
      <div class="card-head"><h3 id=${`${name}-title`}>${chart.title}</h3>${controls && html`<div class="row">${controls}</div>`}</div>
      ${chart.words && html`<p class="words">${chart.words}</p>`}
      <div class="drawing" ref=${place} tabindex=${chart.isWide ? 0 : null} role=${chart.isWide ? "region" : null} aria-label=${chart.isWide ? chart.title : null}>${chart.draw && width > 0 && chart.draw(width)}</div>
      ${legend.length > 0 && html`<ul class="legend">${legend.map(([mark, words]) => html`<li><i class=${`key ${mark}`}></i>${words}</li>`)}</ul>`}
      ${chart.note && html`<p class="note">${chart.note}</p>`}
      ${chart.rows && html`
        <details class="as-table" open=${isOpen} onToggle=${(event) => setOpen(event.target.open)}>
          <summary>${say("site.as_table")}<span class="hidden">: ${chart.title}</span></summary>
          ${isOpen && html`<${Table} ...${chart} id=${`${name}-table`} />`}
          <p class="row">${Object.entries(saves).map(([kind, save]) => html`<button type="button" onClick=${save} aria-label=${say("site.save_as", { kind, title: chart.title })}>${kind}</button>`)}</p>
        </details>`}
    </section>`;
}

function Table({ id, caption, columns: heads, rows }) {
  const kind = (i) => (heads[i].isNumber ? "number" : null);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-labelledby=${id}>
      <table><caption id=${id}>${caption}</caption>
        <thead><tr>${heads.map((head, i) => html`<th scope="col" class=${kind(i)}>${head.text}</th>`)}</tr></thead>
        <tbody>${rows.map(([first, ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map((cell, i) => html`<td class=${kind(i + 1)}>${cell}</td>`)}</tr>`)}</tbody>
      </table>
    </div>`;
}

// --- the page -----------------------------------------------------------------------------

function Benchmark({ release, host, isEmbedded, keepsAddress }) {
  const [state, setState] = useState(() => stateOf(release, keepsAddress ? location.hash : (host.address ?? "")));
  const [mine, setMine] = useState(null);
  const [status, setStatus] = useState(null);
  const [isChecking, setChecking] = useState(false);
  const asked = useRef(0);
  const view = { release, ...state, mine };

  const show = (next) => {
    setState(next);
    if (keepsAddress) keepAddress(addressOf(release, next));
  };
  const change = async (part) => {
    const next = { ...state, ...part };
    show(next);
    if (!mine || !part.group) return;
    const turn = ++asked.current;
    const comparison = await host.compare(next.group);
    if (turn === asked.current) setMine({ ...mine, comparison });
  };
  const take = async (read, part = {}) => {
    setStatus({ text: say("site.reading") });
    try {
      const about = await read();
      // Peers of the assessment's own profile, unless the visitor has chosen some.
      const comparison = await host.compare(release.keyOf(state.group) ? state.group : null);
      setStatus(null);
      setMine({ about, comparison });
      show({ ...state, assessment: null, ...part, group: comparison.cohort.found });
      setChecking(false);
      document.getElementById("mine")?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      const code = error instanceof Refused ? error.message : "unknown";
      setStatus({ text: error.told ?? say(`site.refused.${code}`), isBad: true });
    }
  };
  const open = (name) => take(() => host.open(name), { assessment: name });
  const forget = () => {
    host.forget();
    setMine(null);
    show({ ...state, assessment: null });
    setTimeout(() => document.getElementById("own-text")?.focus());
  };
  useEffect(() => {
    if (!keepsAddress) return undefined;
    const follow = () => location.hash.includes("=") && setState(stateOf(release, location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    if (state.assessment && host.open) open(state.assessment);
  }, []);

  const pick = selects(view, change);
  const peers = release.peers(state.group, "overall");
  const requirements = isEmbedded ? null : requirementsChart(view);
  const card = (name, chart, ...controls) => html`<${ChartCard} key=${name} ...${{ name, chart, view, controls }} />`;
  const ask = html`<${AskForMine} ...${{ host, status }} take=${(read) => take(async () => host.read(await read()))}
    open=${open} startCheck=${() => setChecking(true)} />`;
  return html`<div class="sheet">
    ${host.saysInvented && release.facts.synthetic && html`<p class="notice">${say("site.invented")}</p>`}
    <header class="finding">
      <h1>${finding(release, state.group, state.level)}</h1>
      <p class="soft">${peers && sentences(mostFrequent(release.edition, peers), say("site.release_line", { quarter: quarterText(release.facts.quarter) }))}</p>
      ${!isEmbedded && html`<a class="main-action to-mine" href="#mine" onClick=${(event) => { event.preventDefault(); document.getElementById(mine ? "mine" : "own-text")?.focus(); document.getElementById("mine").scrollIntoView(); }}>${say(mine ? "site.mine_title" : "site.compare_mine")}</a>`}
    </header>
    <${PeerBar} view=${view} change=${change} />
    <div class=${isEmbedded ? "" : "first"}>
      ${card("levels", levelsChart(view), pick.show("levels-show"))}
      ${!isEmbedded && html`
        <section class=${`card${mine ? " mine" : ""}`} id="mine" tabindex="-1" aria-labelledby="mine-title">
          <h2 id="mine-title">${say(mine ? "site.mine_title" : "site.mine_ask")}</h2>
          ${mine ? html`<${MyPlace} ...${{ view, change, forget }} />` : html`<p class="soft">${say("site.mine_promise")}</p>${ask}`}
        </section>`}
    </div>
    ${isChecking && html`<${QuickCheck} edition=${release.edition} leave=${() => setChecking(false)} done=${(bytes) => take(() => host.read(bytes))} />`}
    ${mine && card("positions", positionsChart(view))}
    ${card("categories", categoriesChart(view))}
    ${requirements && card("requirements", requirements)}
    ${!isEmbedded && card("gaps", gapsChart(view), pick.level("gaps-level"))}
    ${!isEmbedded && release.dimensions.length > 0 && card("groups", { ...groupsChart(view), isWide: true }, pick.by("groups-by"), pick.level("groups-level"))}
    ${!isEmbedded && release.series.length > 1 && card("trend", trendChart(view), pick.show("trend-show"), pick.level("trend-level"))}
  </div>`;
}

/* Shows the page in an element; gives what takes it away. */
function mount(element, { data, host, isEmbedded = false, keepsAddress = true }) {
  catalogue = data.words;
  learn(data.facts);
  const release = openRelease(data.figures);
  const page = html`<${Benchmark} ...${{ release, host: host(release), isEmbedded, keepsAddress }} />`;
  preact.render(page, element);
  element.dataset.ready = "yes";
  return () => preact.render(null, element);
}
