/**
 * Helpers for building a page: `h` makes an element, `patch` updates the page to match it. Text
 * becomes text nodes and nothing else, so text from documents is never parsed as HTML.
 */

/** @typedef {Node | string | number | false | undefined | null} Child */
/** @typedef {Readonly<Record<string, string | number | boolean | undefined>>} Attributes */

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Attributes} attributes `key` distinguishes an element from its siblings; false and undefined are left out
 * @param {...(Child | Child[])} children false and undefined are left out
 */
export const h = (tag, attributes = {}, ...children) =>
  build(document.createElement(tag), attributes, children);

/**
 * Like `h`, for SVG.
 *
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {...(Child | Child[])} children
 */
export const s = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(svgNamespace, tag), attributes, children);

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {(Child | Child[])[]} children
 */
function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name === "key" ? "data-key" : name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === false || child === undefined || child === null) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
  return element;
}

/**
 * Updates an element's children to these and keeps every child that still fits, and with it the
 * focus, a selection, and open details.
 *
 * @param {Element} parent
 * @param {...(Child | Child[])} wanted
 */
export function patch(parent, ...wanted) {
  patchChildren(parent, [...build(document.createElement("div"), {}, wanted).childNodes]);
}

/**
 * @param {Node} parent
 * @param {Node[]} wanted
 */
function patchChildren(parent, wanted) {
  const keys = new Set(wanted.map(keyOf));
  let here = parent.firstChild;
  for (const node of wanted) {
    const same = nextLike(here, node);
    // Unwanted siblings in between are removed first: an element that is moved loses the focus.
    while (same && here && here !== same && !keys.has(keyOf(here) ?? "")) here = remove(here);
    if (!same) parent.insertBefore(node, here);
    else if (same === here) here = here.nextSibling;
    else parent.insertBefore(same, here);
    if (same) patchNode(same, node);
  }
  while (here) here = remove(here);
}

/**
 * @param {ChildNode} node
 * @returns the one after it
 */
function remove(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/**
 * The first sibling from here on that can be patched into a node; without a key, only the next one.
 *
 * @param {Node | null} here
 * @param {Node} node
 */
function nextLike(here, node) {
  const key = keyOf(node);
  for (let one = here; one; one = one.nextSibling) {
    if (one.nodeName === node.nodeName && keyOf(one) === key) return one;
    if (key === undefined) return undefined;
  }
  return undefined;
}

/** @param {Node} node */
const keyOf = (node) =>
  node instanceof Element ? (node.getAttribute("data-key") ?? undefined) : undefined;

/**
 * @param {Node} node
 * @param {Node} wanted
 */
function patchNode(node, wanted) {
  if (!(node instanceof Element) || !(wanted instanceof Element)) {
    if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...node.attributes]) {
    // The reader decides whether details are open.
    if (name !== "open" && !wanted.hasAttribute(name)) node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  patchChildren(node, [...wanted.childNodes]);
}
