/*
The visitor's own assessment: dropped, pasted or answered here, and where it stands.

It lives in the memory of the page, in a notebook in that of Python, until the page is
closed or the visitor removes it. It is never sent anywhere else, stored, or written into
the address.
*/

const { useEffect, useLayoutEffect, useRef, useState } = preactHooks;

/* Asks for an assessment; `take(bytes)` and `open(name)` read one. */
function AskForMine({ host, take, open, status, startCheck }) {
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  const file = useRef();
  const takeFile = async (one) => {
    if (one) await take(async () => (one.size > LIMITS.bytes ? refuse("too_large") : new Uint8Array(await one.arrayBuffer())));
    if (file.current) file.current.value = "";
  };
  const drag = (over) => (event) => {
    event.preventDefault();
    setOver(over);
    if (event.type === "drop") takeFile(event.dataTransfer.files[0]);
  };
  const takeLink = () => take(async () => new TextEncoder().encode(pasted.trim() || refuse("nothing")));
  return html`
    <div class=${`drop${isOver ? " over" : ""}`} onDragOver=${drag(true)} onDragLeave=${drag(false)} onDrop=${drag(false)}>
      ${host.stored.length > 0 && html`
        <label>${say("site.mine_stored")}
          <select id="own-stored" onChange=${(event) => event.target.value && open(event.target.value)}>
            <option value="">${say("site.choose")}</option>
            ${host.stored.map(([name, label]) => html`<option value=${name} dir="auto">${label}</option>`)}
          </select>
        </label>`}
      <label>${say("site.mine_paste")}
        <textarea id="own-text" rows="2" spellcheck=${false} autocomplete="off" placeholder="https://…#progress=…"
          value=${pasted} onInput=${(event) => setPasted(event.target.value)}></textarea>
      </label>
      <p class="row">
        <button type="button" class="main-action" onClick=${takeLink}>${say("site.compare_mine")}</button>
        <button type="button" onClick=${startCheck}>${say("site.check_start")}</button>
      </p>
      <label>${say("site.mine_file")}
        <input id="own-file" type="file" accept=${host.accepts} ref=${file} onChange=${(event) => takeFile(event.target.files[0])} />
      </label>
      <div role="status">${status && html`<p class=${status.isBad ? "notice bad" : "soft"}>${status.text}</p>`}</div>
      <details><summary>${say("site.mine_formats")}</summary>
        <ul>${host.formats.map((key) => html`<li>${say(`site.format.${key}`)}</li>`)}</ul>
      </details>
    </div>`;
}

function refuse(code) {
  throw new Refused(code);
}

/* The result: score, place, what to do with it. */
function MyPlace({ view, change, forget }) {
  const { about, comparison } = view.mine;
  const overall = comparison.measures.overall;
  const { score, level } = overall.own;
  const { edition } = view.release;
  const sentence = groupSentence(view.release, comparison.cohort);
  const save = () => {
    const cohort = { ...comparison.cohort, sentence };
    const document = { ...comparison, cohort, notes: [sentence, ...comparison.notes] };
    download("my-comparison.json", `${JSON.stringify(document, null, 1)}\n`, "application/json");
  };
  const notes = [
    sentence,
    ...comparison.notes,
    ...Object.values(comparison.measures).filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`),
    ...about.problems,
  ];
  return html`
    <p class="figure">${scoreText(score)} <small>${level === null ? say("value.no_score") : fullLevel(edition, level)}</small></p>
    ${score !== null && html`<div class="segments" aria-hidden="true">${LEVELS.map((one) => html`<i style=${`--part: ${Math.round(100 * Math.min(Math.max(score - one + 1, 0), 1))}%`}></i>`)}</div>`}
    <p id="own-place" role="status"><b>${groupName(view.release, view.group)}:</b> ${positionWords(overall)}</p>
    ${comparison.beside && html`<p>${besideWords(view)}</p>`}
    <${AskForProfile} view=${view} change=${change} />
    <p class="soft">${about.label}. ${say("site.nothing_sent")}</p>
    <p class="row">
      <button type="button" onClick=${save}>${say("site.save_json")}</button>
      <button type="button" id="own-forget" onClick=${forget}>${say("site.forget")}</button>
    </p>
    ${notes.length > 0 && html`
      <details id="own-notes"><summary>${say("site.notes", { n: notes.length })}</summary>
        <ul>${notes.slice(0, 60).map((note) => html`<li>${note}</li>`)}</ul>
      </details>`}`;
}

/* The same among a broader group that can tell more, or a nearer one that can tell less. */
function besideWords({ release, mine }) {
  const { cohort, measures } = mine.comparison.beside;
  const values = { group: groupName(release, cohort.found), n: bandText(cohort.n), position: positionWords(measures.overall) };
  return say(cohort.tells ? "peers.beside_broader" : "peers.beside_nearer", values);
}

/* A share link has no profile: it is asked for, to compare with organizations alike. */
function AskForProfile({ view, change }) {
  const { release, group, mine } = view;
  const asked = ["sector", "size"].filter((d) => !mine.about.profile[d] && release.codesOf(d).length);
  if (!asked.length) return null;
  return html`
    <div class="notice"><p>${say("site.ask_profile")}</p>
      <div class="row">${asked.map((dimension) => html`<${Picker} ...${{ release, group, change, dimension }} label=${say(`site.your.${dimension}`)} id=${`own-${dimension}`} />`)}</div>
    </div>`;
}

// --- the quick check ----------------------------------------------------------------------

/* One question for each category, one at a time; gives a record as the web tool writes it. */
function QuickCheck({ edition, done, leave }) {
  const [at, setAt] = useState(0);
  const [answers, setAnswers] = useState({});
  const heading = useRef();
  useLayoutEffect(() => {
    heading.current.focus({ preventScroll: true });
    heading.current.parentElement.scrollIntoView({ block: "nearest" });
  }, [at]);
  const categories = edition.categories;
  const { key } = categories[at];
  const [description, levels] = facts.questions[key];
  const answer = (value) => setAnswers({ ...answers, [key]: value });
  const finish = () => {
    const rated = Object.entries(answers).map(([category, level]) => [category, { level, applicability: level > 0 }]);
    const record = { stateSchemaVersion: 2, dataVersion: edition.version, progress: Object.fromEntries(rated) };
    done(new TextEncoder().encode(JSON.stringify(record)));
  };
  const isLast = at === categories.length - 1;
  const option = (value, label, words) => html`
    <label class=${`option${answers[key] === value ? " chosen" : ""}`}>
      <input type="radio" name="check" value=${value} checked=${answers[key] === value} onChange=${() => answer(value)} />
      <span><b>${label}</b> ${words}</span>
    </label>`;
  return html`
    <section class="card" id="check" aria-labelledby="check-title">
      <p class="soft">${say("site.check_progress", { at: at + 1, total: categories.length })}</p>
      <h2 id="check-title" tabindex="-1" ref=${heading}>${nameOf(edition, key)}</h2>
      <p>${description}</p>
      <fieldset><legend class="hidden">${nameOf(edition, key)}</legend>
        ${LEVELS.map((level) => option(level, `${level} ${levelName(edition, level)}`, levels[level - 1]))}
        ${option(0, say("site.check_na"), "")}
      </fieldset>
      <p class="row">
        <button type="button" disabled=${at === 0} onClick=${() => setAt(at - 1)}>${say("site.back")}</button>
        ${!isLast && html`<button type="button" class="main-action" onClick=${() => setAt(at + 1)}>${say(key in answers ? "site.next" : "site.skip")}</button>`}
        <button type="button" class=${isLast ? "main-action" : ""} disabled=${!Object.values(answers).some((level) => level > 0)} onClick=${finish}>${say("site.check_done", { n: Object.keys(answers).length })}</button>
        <button type="button" class="link" onClick=${leave}>${say("site.check_leave")}</button>
      </p>
    </section>`;
}
