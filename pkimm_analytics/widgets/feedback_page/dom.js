/*
The questionnaire in the browser: it draws the form, shows each answer at once and
tells Python, which stores it, scores it and answers with the figures that changed.

What Python confirmed is in `confirmed`; edits on their way are in `pending` and lie
over it. An edit stays pending, also in the tab's session storage, until Python says
that it is stored, so nothing is lost when Python or the page goes away.

All text goes through `textContent`: nothing that a user types is ever markup.
*/

const LATE_MS = 4000; // without an answer by then, the page says that it is not saved
const TYPING_MS = 400; // a text is sent when typing pauses this long
const SYNC_MS = 15000; // how often a visible page asks what others stored
const STATES = { unanswered: "Unanswered", rated: "Rated", not_applicable: "Not applicable" };
const SVG = "http://www.w3.org/2000/svg";
let instances = 0;

function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") children.push(String(value));
    else if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  return fill(node, children);
}

/* Replaces what is in a node; what is null, undefined or false is left out. */
function fill(node, ...children) {
  node.replaceChildren(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const button = (text, onclick, { class: more = "", ...props } = {}) =>
  h("button", { type: "button", class: `pkq-button ${more}`, onclick, ...props }, text);

const plain = (value) => (value === undefined || value === "" || value === false ? null : value);
const same = (a, b) => JSON.stringify(plain(a)) === JSON.stringify(plain(b));
