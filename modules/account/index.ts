export { Account } from "./account.ts";
export { type AccountIdentity, accountNames, stateKey } from "./names.ts";
export { boundRoles } from "./policies/permissions-boundary.ts";
export type { AccountProps, DeployRoleProps } from "./props.ts";
export { keepState } from "./state.ts";
