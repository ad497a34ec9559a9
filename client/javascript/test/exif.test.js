// Photos with a place, which the Python tests write; see tests/unit/client/test_javascript_package.py.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Frond, readExif } from "frond-client";
import { fakeService } from "./fake-service.js";

const folder = process.env.FROND_PHOTOS;

test("the place is read, and blanked in what is sent", { skip: !folder }, async () => {
  const expected = JSON.parse(await readFile(join(folder, "expected.json"), "utf8"));
  const names = (await readdir(folder)).filter((name) => name !== "expected.json");
  assert.ok(names.length > 5);
  for (const name of names) {
    const photo = new Blob([await readFile(join(folder, name))]);
    const { spans, ...tags } = await readExif(photo);
    assert.deepEqual(tags, expected[name].tags, name);
    assert.deepEqual(spans.toSorted(([one], [other]) => one - other), expected[name].spans, name);

    const service = fakeService();
    const frond = new Frond("https://api.test", "a key", { fetch: service.fetch });
    await frond.classify(photo);
    await frond.classify(photo, { sendPlace: true });
    const [blanked, whole] = await Promise.all(service.requests.map(({ body }) => body.get("image").arrayBuffer()));
    assert.deepEqual(Buffer.from(whole), Buffer.from(await photo.arrayBuffer()));
    assert.equal(blanked.byteLength, photo.size);
    assert.equal((await readExif(new Blob([blanked]))).latitude, undefined, name);
  }
});
