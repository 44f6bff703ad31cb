/*
The visitor's own assessment: dropped, chosen or pasted, read and scored in this page.

It lives in one variable until the page is closed or the visitor removes it. It is never
sent, stored, or written into the address.
*/
"use strict";
(function (pkimm) {
  const { Refused, byId, comparison, comparisonDocument, csvOf, current, download, figure, fill, h } = pkimm;
  let assessment = null;

  function panel(place) {
    const status = h("div", { role: "status" });
    const file = h("input", {
      type: "file",
      id: "own-file",
      accept: ".json,.xlsx,.yaml,.yml,.csv,.txt",
      onchange: () => file.files[0] && take(() => bytesOf(file.files[0]), status).finally(() => (file.value = "")),
    });
    const pasted = h("textarea", {
      id: "own-text", rows: 2, spellcheck: "false", autocomplete: "off",
      placeholder: "https://…#progress=…",
    });
    const drop = h(
      "div",
      { class: "drop" },
      h("p", {}, h("label", { for: "own-file" }, "Drop a file here, or choose one"), file),
      h("p", {}, h("label", { for: "own-text" }, "Or paste a share link of the official web tool"), pasted,
        h("button", {
          type: "button", class: "main",
          onclick: async () => {
            const isRead = await take(async () => new TextEncoder().encode(pasted.value), status);
            if (isRead) pasted.value = ""; // otherwise it stays, to be mended
          },
        }, "Compare")),
    );
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
        const dropped = name === "drop" && event.dataTransfer.files[0];
        if (dropped) take(() => bytesOf(dropped), status);
      });
    }
    fill(place, drop, status, h("div", { id: "own-result" }));
    pkimm.onChange(() => assessment && compare());
  }

  async function bytesOf(file) {
    if (file.size > pkimm.LIMITS.bytes) throw new Refused("It is too large for an assessment.");
    return new Uint8Array(await file.arrayBuffer());
  }

  async function take(read, status) {
    fill(status, h("p", {}, "Reading …"));
    try {
      assessment = await pkimm.readSource(await read());
      fill(status, null);
      compare();
      pkimm.refresh();
      byId("own-result").scrollIntoView({ block: "nearest" });
      return true;
    } catch (error) {
      const why = error instanceof Refused ? error.message : "It is not an assessment that can be read here.";
      fill(status, h("p", { class: "refused" }, h("b", {}, "Not read. "), why));
      return false;
    }
  }

  function forget() {
    assessment = pkimm.mine = null;
    fill(byId("own-result"), null);
    byId("own-text").value = "";
    pkimm.refresh();
    byId("own-file").focus();
  }

  // --- what was found ----------------------------------------------------------------------------

  function compare() {
    pkimm.mine = comparison(assessment, current().cohort);
    const { measures, notes } = pkimm.mine;
    const overall = measures.overall;
    const { edition, mode, problems, kind } = assessment;
    fill(
      byId("own-result"),
      h("div", { class: "own-card" },
        h("div", { class: "own-score" },
          h("span", { class: "big" }, figure(overall.exact)),
          h("span", {}, overall.own.level === null ? "no score" : `Level ${overall.own.level}, ${pkimm.levelName(overall.own.level)}`)),
        h("div", { class: "own-words" },
          h("p", { class: "strong" }, positionWords(overall.place)),
          h("p", { class: "soft" }, `${kind}, ${edition.name}, ${mode === "full" ? "full assessment" : "self-assessment"}. Kept in this page only; nothing was sent.`),
          likeMe()),
        h("p", { class: "tools" },
          h("button", { type: "button", onclick: saveTable }, "Save my comparison (CSV)"),
          h("button", { type: "button", onclick: saveDocument }, "Save as JSON"),
          h("button", { type: "button", onclick: forget }, "Remove my assessment"))),
      remarks("What to know about this comparison", [...notes.slice(1), ...noted(measures)]),
      remarks(`Reading notes (${problems.length})`, problems),
    );
  }

  function positionWords(place) {
    if (place.rank === undefined) return `Overall: ${place.verdict}.`;
    const range = pkimm.percentRange(place.atOrBelow);
    const verdict = {
      above: "You are clearly above most of these peers",
      below: "You are clearly below most of these peers",
    }[place.verdict] ?? "You cannot be told apart from the middle of these peers";
    return `${verdict}: at or above ${range} of them.`;
  }

  /* Peers of the assessment's own profile, where its file states one. */
  function likeMe() {
    const { found, sentence } = pkimm.peerLadder({ ...(assessment.profile ?? {}) });
    if (!Object.keys(found).length || pkimm.keyOf(found) === pkimm.keyOf(current().cohort)) return null;
    return h("p", {},
      h("button", { type: "button", onclick: () => pkimm.change({ cohort: found, sentence }) }, "Compare with organizations like mine"),
      ` (${pkimm.cohortWords(found)})`);
  }

  const noted = (measures) =>
    Object.values(measures).filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`);

  function remarks(title, list) {
    if (!list.length) return null;
    return h("details", { class: "remarks" }, h("summary", {}, title), h("ul", {}, list.slice(0, 60).map((text) => h("li", {}, text))));
  }

  function saveTable() {
    const columns = ["measure", "name", "own_score", "own_level", "n", "verdict", "position", "rank", "rank_low", "rank_high"];
    const rows = Object.entries(pkimm.mine.measures).map(([key, { name, own, peers, place }]) => [
      key, name, own.score, own.level, peers?.n ?? "", place.verdict, place.text ?? "",
      place.rank === undefined ? "" : place.rank / 10,
      place.rank === undefined ? "" : place.low / 10,
      place.rank === undefined ? "" : place.high / 10,
    ]);
    download("my-comparison.csv", csvOf(columns, rows), "text/csv");
  }

  function saveDocument() {
    const text = JSON.stringify(comparisonDocument(pkimm.mine), null, 1);
    download("my-comparison.json", `${text}\n`, "application/json");
  }

  Object.assign(pkimm, { ownPanel: panel });
})((globalThis.pkimm ??= {}));
