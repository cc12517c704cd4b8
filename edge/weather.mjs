// The weather where the visitor is, where a site has it looked up: TESSERA_WEATHER is an address with {latitude} and
// {longitude} that answers as Open-Meteo does ({"current": {"weather_code": WMO code, "temperature_2m": °C}}).
// No page waits for it: a place whose weather is not known yet is asked for after the response.

import { Shelf } from "./shelf.mjs";
import { count } from "./journal.mjs";

const FRESH = 1_800_000; // milliseconds
const RETRY = 60_000;
const DEADLINE = 2_000;
const PLACES = 2_048;
const DEGREES = 0.25; // the grid of places that share their weather
const MAX_ANSWER = 16_384;

/** WMO code 4677, as Open-Meteo tells it → request.weather; by the first code of each group. */
const SKIES = [
  [0, "clear"], [2, "cloudy"], [45, "fog"], [51, "rain"], [71, "snow"], [80, "rain"], [85, "snow"], [95, "storm"],
];

const known = new Shelf(PLACES, () => 1);

const skyOf = (code) => SKIES.findLast(([first]) => code >= first)?.[1] ?? "";

function read(text) {
  const { weather_code: code, temperature_2m: degrees } = JSON.parse(text).current;
  if (!Number.isFinite(code) || !Number.isFinite(degrees)) throw new TypeError("no weather in the answer");
  return `${skyOf(code)};${degrees}`;
}

async function ask(template, place, latitude, longitude) {
  try {
    const address = template.replaceAll("{latitude}", latitude).replaceAll("{longitude}", longitude);
    const response = await fetch(address, { signal: AbortSignal.timeout(DEADLINE), cf: { cacheTtl: FRESH / 1000, cacheEverything: true } });
    const text = await response.text();
    if (!response.ok || text.length > MAX_ANSWER) throw new Error(`weather: status ${response.status}`);
    known.keep(place, { text: read(text), until: Date.now() + FRESH });
  } catch {
    count("weather-failed");
    known.keep(place, { text: "", until: Date.now() + RETRY });
  }
}

/** "sky;degrees" where the weather is known; "" where it is not, or not yet. */
export function weatherAt(env, ctx, { latitude, longitude }, now) {
  const [north, east] = [latitude, longitude].map((angle) => Math.round(Number(angle) / DEGREES) * DEGREES);
  if (!latitude || !longitude || !Number.isFinite(north) || !Number.isFinite(east)) return "";
  const place = `${north} ${east}`;
  const found = known.recall(place);
  if (found && found.until > now) return found.text;
  known.keep(place, { text: found?.text ?? "", until: now + RETRY }); // one asks at a time
  ctx.waitUntil(ask(env.TESSERA_WEATHER, place, north, east));
  return found?.text ?? "";
}
