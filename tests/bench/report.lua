-- SPDX-License-Identifier: Apache-2.0
-- Lets wrk say its result as JSON.
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format('{"requests": %d, "errors": %d, "seconds": %.3f, "p50_us": %d, "p99_us": %d}\n',
        summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
        latency:percentile(50), latency:percentile(99)))
end
