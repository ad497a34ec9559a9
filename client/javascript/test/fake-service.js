// A fake of fetch: it records the requests and returns the prepared responses in turn.
export function fakeService(...responses) {
  const requests = [];
  const fetch = async (url, { method, headers, body, signal }) => {
    signal?.throwIfAborted();
    requests.push({ url, method, headers, body });
    const response = responses.shift();
    if (response instanceof Error) throw response;
    return response ?? classification();
  };
  return { fetch, requests };
}

const JSON_TYPE = { "content-type": "application/json" };

export const ok = (document, status = 200) => new Response(JSON.stringify(document), { status, headers: JSON_TYPE });

export const classification = (members = {}) =>
  ok({ id: "7", status: "succeeded", predictions: [{ species: "zea-mays" }, { species: "galium-aparine" }], ...members });

export const problem = (status, slug, headers = {}, members = {}) => {
  const document = { type: `urn:frond:problem:${slug}`, title: "It is so", status, detail: "Do that.", request_id: "r-1", ...members };
  return new Response(JSON.stringify(document), { status, headers: { "content-type": "application/problem+json", ...headers } });
};

export const jpeg = (bytes = 100) => new Blob([new Uint8Array([0xff, 0xd8, 0xff]), new Uint8Array(bytes - 3)]);
