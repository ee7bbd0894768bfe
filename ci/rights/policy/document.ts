import { actionPatterns, arnPatterns, type Patterns, patterns } from "./patterns.ts";

/** A policy of IAM as the simulator reads it: each list is a list, also where the document says one string. */
export interface Policy {
  /** Where the policy is from, for an answer that names it: `shoestring-apply-shared`. */
  readonly name: string;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid: string;
  readonly effect: "Allow" | "Deny";
  readonly actions: Patterns;
  /** Empty in a trust policy, whose resource is the role. */
  readonly resources: Patterns;
  /** Of a resource's policy only. */
  readonly principals?: readonly Principal[];
  readonly conditions: readonly Condition[];
}

/** `*` alone is anybody. */
export interface Principal {
  readonly kind: "AWS" | "Service" | "Federated" | "*";
  readonly id: string;
}

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: Patterns;
}

type OneOrMany = string | readonly string[];

interface WrittenStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly Principal?: "*" | Readonly<Record<string, OneOrMany>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

const understood = ["Sid", "Effect", "Action", "Resource", "Principal", "Condition"];

const list = (it: OneOrMany | undefined): readonly string[] =>
  it === undefined ? [] : typeof it === "string" ? [it] : it;

/**
 * Reads a policy's JSON text.
 *
 * @throws Error for an element that the simulator does not know, such as NotAction: it would guess otherwise.
 */
export function parsePolicy(name: string, json: string): Policy {
  const { Statement } = JSON.parse(json) as { Statement: WrittenStatement | WrittenStatement[] };
  const statements = [Statement].flat();
  return { name, statements: statements.map((it) => parseStatement(name, it)) };
}

function parseStatement(name: string, written: WrittenStatement): Statement {
  const strange = Object.keys(written).find((it) => !understood.includes(it));
  if (strange)
    throw new Error(`${name}: the simulator does not know "${strange}"; say it with others`);
  const { Sid = "", Effect, Action, Resource, Principal, Condition = {} } = written;
  return {
    sid: Sid,
    effect: Effect,
    actions: actionPatterns(list(Action)),
    resources: arnPatterns(list(Resource)),
    ...(Principal === undefined ? {} : { principals: parsePrincipals(Principal) }),
    conditions: Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        operator,
        key,
        values: patterns(list(values)),
      })),
    ),
  };
}

function parsePrincipals(written: "*" | Readonly<Record<string, OneOrMany>>): readonly Principal[] {
  if (written === "*") return [{ kind: "*", id: "*" }];
  return Object.entries(written).flatMap(([kind, ids]) =>
    list(ids).map((id) =>
      id === "*" ? { kind: "*" as const, id } : { kind: kind as Principal["kind"], id },
    ),
  );
}
