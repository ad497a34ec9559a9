import assert from "node:assert/strict";
import { mock, test } from "node:test";
import * as package_ from "frond-client";
import { classification, fakeService, jpeg, ok, problem } from "./fake-service.js";

const { Frond } = package_;

// Advance the clock whenever the client waits, and return the waits in milliseconds.
async function withoutWaiting(call) {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const waits = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (callback, delay) => {
    waits.push(delay);
    const timer = setTimeout(callback, delay);
    queueMicrotask(() => mock.timers.tick(delay));
    return timer;
  };
  try {
    return { result: await call().catch((error) => error), waits };
  } finally {
    globalThis.setTimeout = setTimeout;
    mock.timers.reset();
  }
}

const connect = (service, options) => new Frond("https://api.test/prod/", "a key", { fetch: service.fetch, ...options });

test("photos are sent as a form with the key and an idempotency key", async () => {
  const service = fakeService();
  const plant = await connect(service).classify([jpeg(), new Uint8Array(await jpeg().arrayBuffer())], { top: 3, lang: "fr", tag: "plot 7" });
  assert.equal(plant.predictions[0].species, "zea-mays");
  const [{ url, method, headers, body }] = service.requests;
  assert.equal(`${method} ${url}`, "POST https://api.test/prod/v1/classifications?top=3&lang=fr&tag=plot+7");
  assert.equal(headers["x-api-key"], "a key");
  assert.match(headers["idempotency-key"], /^[0-9a-f]{32}$/);
  assert.deepEqual(body.getAll("image").map(({ type, size }) => [type, size]), [["image/jpeg", 100], ["image/jpeg", 100]]);
});

test("every call has its path", async () => {
  const service = fakeService(
    classification(), ok({ classifications: [], next_cursor: null }), classification(), new Response(null, { status: 204 }),
    ok({ species: [{ species: "zea-mays" }] }), ok({ version: "v" }), ok({ limit: null }), ok({ detections: [] }),
  );
  const frond = connect(service);
  await frond.get("a/b", { lang: "es" });
  await frond.list({ limit: 2, key: "walk/a.jpg" });
  await frond.submitFeedback("7", "zea-mays", { consent: true });
  assert.equal(await frond.delete("7"), undefined);
  assert.deepEqual(await frond.species(), [{ species: "zea-mays" }]);
  await frond.model();
  await frond.usage();
  await frond.detect(jpeg(), { classify: true, minConfidence: 0.5 });
  assert.deepEqual(service.requests.map(({ method, url }) => `${method} ${url.replace("https://api.test/prod", "")}`), [
    "GET /v1/classifications/a%2Fb?lang=es", "GET /v1/classifications?limit=2&key=walk%2Fa.jpg", "PUT /v1/classifications/7/feedback",
    "DELETE /v1/classifications/7", "GET /v1/species", "GET /v1/model", "GET /v1/usage", "POST /v1/detections?classify=true&min_confidence=0.5",
  ]);
  assert.deepEqual(JSON.parse(service.requests[2].body), { species: "zea-mays", comment: null, consent: true });
});

test("all pages are read", async () => {
  const page = (id, next) => ok({ classifications: [{ id }], next_cursor: next });
  const service = fakeService(page("1", "more"), page("2", null));
  const found = [];
  for await (const { id } of connect(service).iterate({ tag: "x" })) found.push(id);
  assert.deepEqual(found, ["1", "2"]);
  assert.match(service.requests[1].url, /limit=100&cursor=more&tag=x/);
});

test("Retry-After is waited for, and each attempt has the same idempotency key", async () => {
  const service = fakeService(problem(429, "throttled", { "retry-after": "7" }), problem(503, "busy"), new TypeError("fetch failed"));
  const { result, waits } = await withoutWaiting(() => connect(service).classify(jpeg()));
  assert.equal(result.id, "7");
  assert.equal(waits.length, 3);
  assert.ok(waits[0] >= 7000 && waits[0] <= 7500, waits);
  assert.ok(waits[1] >= 500 && waits[1] <= 1000, waits);
  assert.ok(waits[2] >= 1000 && waits[2] <= 2000, waits);
  assert.equal(new Set(service.requests.map(({ headers }) => headers["idempotency-key"])).size, 1);
});

test("retries end after maxAttempts, after maxWait, and at once without a quota", async () => {
  const busy = () => fakeService(...Array.from({ length: 9 }, () => problem(503, "busy", { "retry-after": "40" })));
  for (const [options, attempts] of [[{ maxAttempts: 2 }, 2], [{ maxWait: 100_000 }, 3]]) {
    const service = busy();
    const { result } = await withoutWaiting(() => connect(service, options).usage());
    assert.ok(result instanceof package_.ServiceUnavailableError);
    assert.equal(result.retryAfter, 40);
    assert.equal(service.requests.length, attempts);
  }
  const service = fakeService(problem(429, "quota-exceeded"));
  await assert.rejects(connect(service).usage(), package_.QuotaExceededError);
});

test("errors are problem details", async () => {
  const cases = [
    [problem(400, "invalid-request"), "InvalidRequestError"], [problem(422, "idempotency-key-reused"), "IdempotencyKeyReusedError"],
    [problem(400, "empty-body"), "InvalidPhotoError"], [problem(422, "not-a-photo"), "InvalidPhotoError"],
    [problem(404, "unknown-classification"), "NotFoundError"], [problem(415, "unsupported-format"), "InvalidPhotoError"],
    [ok({ message: "Forbidden" }, 403), "AuthenticationError"], [ok({}, 404), "UnexpectedResponseError"],
    [new Response("<html>", { status: 200 }), "UnexpectedResponseError"], [new Response("<html>", { status: 418 }), "UnexpectedResponseError"],
  ];
  for (const [response, name] of cases) {
    const error = await connect(fakeService(response)).model().catch((caught) => caught);
    assert.equal(error.name, name);
    assert.ok(error instanceof package_.FrondError && error instanceof package_[name]);
  }
  const error = await connect(fakeService(problem(422, "damaged-photo", {}, { limit_bytes: 9 }))).model().catch((caught) => caught);
  assert.deepEqual(error.problem, { type: "urn:frond:problem:damaged-photo", title: "It is so", status: 422, detail: "Do that.", request_id: "r-1", limit_bytes: 9 });
});

test("a large photo goes through S3, with progress, and is polled", async () => {
  const target = { id: "7", url: "https://s3.test/", fields: { key: "owners/x", policy: "p" }, expires_at: "" };
  const service = fakeService(ok(target, 201), new Response(null, { status: 204 }), classification({ status: "queued" }), classification({ status: "running" }));
  const progress = [];
  const photo = jpeg(4_400_001);
  const { result, waits } = await withoutWaiting(() =>
    connect(service).classify(photo, { top: 1, tag: "plot", onProgress: (each) => progress.push(each) }));
  assert.deepEqual(result.predictions, [{ species: "zea-mays" }], result);
  assert.deepEqual(progress, [{ stage: "uploading", loaded: 0, total: photo.size }, { stage: "queued" }, { stage: "running" }]);
  assert.deepEqual(waits, [500, 750, 1125]);
  const [declared, sent] = service.requests;
  assert.deepEqual(JSON.parse(declared.body), { content_type: "image/jpeg", size: photo.size, tag: "plot" });
  assert.deepEqual([...sent.body.keys()], ["key", "policy", "file"]);
  assert.equal(sent.headers, undefined);
});

test("what goes wrong with an upload has a name", async () => {
  const target = () => ok({ id: "7", url: "https://s3.test/", fields: {}, expires_at: "" }, 201);
  const sent = () => new Response(null, { status: 204 });
  const failed = { status: "failed", predictions: [], error: { type: "urn:frond:problem:not-a-photo", title: "No photo", detail: "Send one." } };
  const cases = [
    [[target(), new Response("<Error><Message>Policy expired.</Message></Error>", { status: 403 })], package_.UploadFailedError, /403, Policy expired/],
    [[target(), sent(), classification(failed)], package_.InvalidPhotoError, /422: Send one/],
    [[target(), sent(), ...Array.from({ length: 60 }, () => classification({ status: "queued" }))], package_.ResponseTimeoutError, /get 7 later/],
  ];
  for (const [responses, kind, message] of cases) {
    const { result } = await withoutWaiting(() => connect(fakeService(...responses)).upload(jpeg()));
    assert.ok(result instanceof kind, result);
    assert.match(result.message, message);
  }
});

test("a call can be stopped", async () => {
  const controller = new AbortController();
  const service = fakeService(problem(503, "busy", { "retry-after": "100" }));
  const call = connect(service).usage({ signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(call, { name: "AbortError" });
});

test("what is no photo is refused before it is sent", async () => {
  const frond = connect(fakeService());
  await assert.rejects(frond.classify("photo.jpg"), TypeError);
  await assert.rejects(frond.classify([]), RangeError);
  await assert.rejects(frond.classify(Array(6).fill(jpeg())), RangeError);
  await assert.rejects(frond.classify([jpeg(3_000_000), jpeg(3_000_000)]), package_.PhotoTooLargeError);
  assert.throws(() => new Frond("", "a key"), TypeError);
});
