-- What wrk asks and looks at for scripts/swaps. Arguments: FILE MARKS PAUSE; one Cookie header a line of the file ("" for none), how
-- many marks a page has, and the mean pause before a request in milliseconds. Writes what it saw as one line of JSON.

local MARK = "swap-"
local TOLD = 5 -- wrong pages that are described
local threads = {}

failed, mixed, original, told = 0, 0, 0, ""
local requests, marks, pause = {}, 0, 0

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
  for cookie in io.lines(args[1]) do
    local headers = { ["User-Agent"] = agent }
    if cookie ~= "" then headers["Cookie"] = cookie end
    table.insert(requests, wrk.format("GET", "/", headers))
  end
  marks, pause = tonumber(args[2]), tonumber(args[3])
  math.randomseed(20261122)
end

function request()
  return requests[math.random(#requests)]
end

function delay()
  return math.random(0, 2 * pause)
end

local function describe(status, seen)
  local _, count = told:gsub(";", ";")
  if count < TOLD then told = told .. status .. " " .. seen .. ";" end
end

-- Every place of a page carries the mark of the release that filled it: all must be there, and all the same.
function response(status, headers, body)
  if status ~= 200 then
    failed = failed + 1
    return describe(status, "")
  end
  local seen, from = "", 1
  while true do
    local _, last = string.find(body, MARK, from, true)
    if last == nil then break end
    seen = seen .. string.sub(body, last + 1, last + 1)
    from = last + 1
  end
  if seen == "" then
    original = original + 1
    describe(status, "original")
  elseif #seen ~= marks or seen ~= string.rep(string.sub(seen, 1, 1), marks) then
    mixed = mixed + 1
    describe(status, seen)
  end
end

function done(summary, latency, requests)
  local seen = { failed = 0, mixed = 0, original = 0 }
  local words = ""
  for _, thread in ipairs(threads) do
    for name, count in pairs(seen) do seen[name] = count + thread:get(name) end
    words = words .. thread:get("told")
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.3f, "failed": %d, "mixed": %d, "original": %d, "p50": %.2f, "p99": %.2f, "max": %.2f, "told": "%s"}\n',
    summary.requests, summary.duration / 1e6, seen.failed + errors.connect + errors.read + errors.write + errors.timeout,
    seen.mixed, seen.original, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, words
  ))
end
