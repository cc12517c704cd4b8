// A Worker that makes the URL patterns of a suite and asks them, all in one request.

const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

const told = (match) => match && Object.fromEntries(COMPONENTS.map((name) => [name, { input: match[name].input, groups: groupsOf(match[name]) }]));
const groupsOf = ({ groups }) => Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, text ?? null]));

function outcome({ pattern, inputs }) {
  let made;
  try {
    made = new URLPattern(...pattern);
  } catch {
    return { made: "error" };
  }
  const parts = Object.fromEntries(COMPONENTS.map((name) => [name, made[name]]));
  if (!inputs) return { made: parts };
  try {
    return { made: parts, test: made.test(...inputs), match: told(made.exec(...inputs)) };
  } catch {
    return { made: parts, test: "error", match: "error" };
  }
}

export default {
  async fetch(request) {
    return Response.json((await request.json()).map(outcome));
  },
};
