export {
  attach,
  type GrantProps,
  grant,
  type ServiceRoleProps,
  type Statement,
  serviceRole,
} from "./roles.ts";
export { sessionStatements } from "./sessions.ts";
