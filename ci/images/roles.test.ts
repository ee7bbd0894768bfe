import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../../ansible/roles");
const roles = readdirSync(folder);
const read = (role: string, path: string) => readFileSync(join(folder, role, path), "utf8");

interface Option {
  readonly required?: boolean;
  readonly default?: unknown;
  readonly description: string;
}

/** The variables of a role, by its argument specification. */
const optionsOf = (role: string): Readonly<Record<string, Option>> =>
  parse(read(role, "meta/argument_specs.yml")).argument_specs.main.options;

test.each(roles)(
  "the README of the role %s has each of its variables, with what it means",
  (role) => {
    const rows = read(role, "README.md")
      .split("\n")
      .filter((line) => line.startsWith("| `") && line.split(" | ").length === 3);
    const variables = rows.filter((row) => !row.includes(".yaml`"));
    const said = Object.entries(optionsOf(role)).map(([name, { description }]) => [
      name,
      description,
    ]);
    expect(
      variables.map((row) => {
        const [name = "", , meaning = ""] = row.replaceAll(/^\| | \|$/g, "").split(" | ");
        return [name.replaceAll("`", ""), meaning];
      }),
    ).toEqual(said.length === 0 ? [] : said);
  },
);

test.each(roles)(
  "each default of the role %s is one of its variables, which is not needed",
  (role) => {
    const path = join(folder, role, "defaults/main.yml");
    const defaults = existsSync(path) ? Object.keys(parse(readFileSync(path, "utf8"))) : [];
    const options = optionsOf(role);
    expect(defaults.filter((name) => options[name] === undefined)).toEqual([]);
    expect(defaults.filter((name) => options[name]?.required)).toEqual([]);
  },
);

test.each(roles)(
  "the role %s installs packages and files by roles whose errors name them",
  (role) => {
    if (role === "packages" || role === "download") return;
    const tasks = readdirSync(join(folder, role, "tasks")).map((name) =>
      read(role, `tasks/${name}`),
    );
    for (const text of tasks) {
      expect(text).not.toContain("ansible.builtin.get_url");
      expect(text).not.toMatch(/ansible\.builtin\.apt:\n +name:/);
    }
  },
);
