/*
Assessments in the package's own document, `*.pkimm.json`: the fields that a score needs.

Everything else in the document is left alone, and nothing of it is kept.
*/
"use strict";
(function (pkimm) {
  const { LIMITS, Refused, isMap, plainMap } = pkimm;
  const STATES = ["rated", "unanswered", "not_applicable"];

  function readOwn(document) {
    if (document.format !== "pkimm-assessment/1") {
      throw new Refused("It is a document of this project, but no assessment that is known here.");
    }
    const model = isMap(document.model) ? document.model : {};
    const edition = pkimm.editions.find(
      (one) => one.version === model.version && one.digest === model.digest,
    );
    if (!edition) throw new Refused("It was made with an edition that this site does not know.");
    if (!["self", "full"].includes(document.mode)) throw new Refused("Its mode is not known.");
    if (!isMap(document.answers)) throw new Refused("It has no answers.");
    const entries = Object.entries(document.answers);
    if (entries.length > LIMITS.entries) throw new Refused("It has too many answers.");
    const problems = [];
    const answers = plainMap([]);
    for (const [key, answer] of entries) {
      checkAnswer(answer);
      if (edition.has(key) || edition.modules.includes(key)) {
        answers[key] = { state: answer.state, level: answer.level ?? undefined };
      } else problems.push(`An answer is about no element of ${edition.name}; left out.`);
    }
    const organization = isMap(document.organization) ? document.organization : {};
    return {
      edition,
      mode: document.mode,
      answers,
      problems,
      kind: "pkimm.json",
      extensions: (Array.isArray(document.extensions) ? document.extensions : [])
        .filter(isMap)
        .map(({ id, version }) => [id, version]),
      assurance: document.assurance ?? null,
      profile: pkimm.profileOf?.(organization) ?? {},
    };
  }

  /* The schema's rule: a rated answer has a level from 1 to 5, every other has none. */
  function checkAnswer(answer) {
    const isRated = isMap(answer) && answer.state === "rated";
    const level = isMap(answer) ? (answer.level ?? null) : null;
    const isLevel = Number.isInteger(level) && level >= 1 && level <= 5;
    if (!isMap(answer) || !STATES.includes(answer.state) || (isRated ? !isLevel : level !== null)) {
      throw new Refused("An answer is none of rated (with a level 1 to 5), unanswered, not_applicable.");
    }
  }

  Object.assign(pkimm, { readOwn });
})((globalThis.pkimm ??= {}));
