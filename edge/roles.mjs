// What a caller of the HTTP API may do.

const ROLES = new Map([
  ["reader", new Set(["read"])],
  ["writer", new Set(["read", "write"])],
  ["admin", new Set(["read", "write", "admin"])],
]);

export const isRole = (role) => ROLES.has(role);

/** Whether a role has a capability: `read`, `write` or `admin`; false for names of neither. */
export const allows = (role, capability) => ROLES.get(role)?.has(capability) ?? false;

/** The role with the most capabilities of several; null where none of them is one. */
export function widest(roles) {
  const known = roles.filter(isRole);
  return known.sort((a, b) => ROLES.get(b).size - ROLES.get(a).size)[0] ?? null;
}
