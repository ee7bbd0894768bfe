/** Types that the mime.types of nginx's package lacks. A browser runs no module that has none. */
const types: Readonly<Record<string, string>> = {
  mjs: "text/javascript",
  map: "application/json",
  webmanifest: "application/manifest+json",
};

/** Types of files by their endings, beside those of mime.types. */
export function renderTypes(): string {
  const lines = Object.entries(types).map(([ending, type]) => `  ${type} ${ending};`);
  return `# Written by the Shoestring agent\ntypes {\n${lines.join("\n")}\n}\n`;
}
