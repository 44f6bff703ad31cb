/* The static site: everything is read and compared in the visitor's browser. */

const inBrowser = (release) => {
  let assessment = null;
  return {
    stored: [],
    accepts: ".json,.yaml,.yml,.txt",
    formats: ["link", "yaml", "json", "others"],
    async read(bytes) {
      assessment = await readSource(bytes);
      const { kind, edition, mode, problems, profile = {} } = assessment;
      return {
        label: sentences(say(`site.kind.${kind}`), `· ${edition.name}`, `· ${say(`site.mode.${mode}`)}`),
        profile,
        problems: problems.map(([code, place, name]) => sentences(place && `${place}:`, say(`site.problem.${code}`, { edition: name }))),
      };
    },
    compare: async (group) => compare(release, assessment, group ?? undefined),
    forget: () => (assessment = null),
  };
};

function start() {
  const element = globalThis.document?.getElementById("benchmark");
  if (!element) return;
  const theme = new URLSearchParams(location.hash.slice(1)).get("theme");
  if (theme) document.documentElement.dataset.theme = theme; // an embedded view is light, unless asked
  mount(element, { data: globalThis.pkimmData, host: inBrowser, isEmbedded: "embedded" in element.dataset });
}

globalThis.pkimm = { Refused, compare, figure: scoreText, fraction, inflate, learn, levelOf, mount, openRelease, readSource, score };
