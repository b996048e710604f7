import { randomBytes } from "node:crypto";
import { capture } from "../../host/engine/docker/attached";
import type { UploadPlace } from "../../lab/rehearse/statement";
import { container } from "./host";
import type { Scene } from "./scene";

interface Answer<T> {
  readonly result?: { readonly data: T };
  readonly error?: { readonly message: string; readonly data: { readonly httpStatus: number } };
}

/** Calls a procedure of tier 1's data-provider from within its container, as the api does. */
async function ask<T>(scene: Scene, name: string, input: object, method = "POST"): Promise<Answer<T>> {
  const provider = await container(scene, "tier1", "data-provider");
  const batch = JSON.stringify({ 0: input });
  const query = method === "GET" ? `&input=${encodeURIComponent(batch)}` : "";
  // Pass the input by a file: an argument cannot be as long as the largest object that is written.
  const script =
    'cat > /tmp/input; curl -sS -X "$1" -H "authorization: Bearer $DATA_PROVIDER_API_KEY" -H \'content-type: application/json\' ${2:+--data-binary @/tmp/input} "$3"';
  const words = [
    "sh",
    "-c",
    script,
    "ask",
    method,
    method === "GET" ? "" : "body",
    `http://127.0.0.1:8082/trpc/storage.${name}?batch=1${query}`,
  ];
  const { output } = await capture(scene.docker.getContainer(provider.id), words, [], batch);
  return (JSON.parse(output) as [Answer<T>])[0];
}

async function data<T>(scene: Scene, name: string, input: object, method?: string): Promise<T> {
  const { result, error } = await ask<T>(scene, name, input, method);
  if (result === undefined) throw new Error(`storage.${name}: ${error?.message}`);
  return result.data;
}

const base64 = (content: string | Buffer) => Buffer.from(content).toString("base64");

/**
 * Makes every storage call of tier 1's data-provider, whose client is Bun's, against the bundled S3 server, and uses
 * the presigned addresses as a browser does, through the gateway. Works with Scani's own data-provider and with the
 * stand-in.
 */
export async function useEveryStorageCall(scene: Scene): Promise<void> {
  const content = "date,amount\n2026-01-01,1.00\n";
  const placed = await data<UploadPlace & { requiredHeaders: Record<string, string> }>(scene, "presignUpload", {
    keyPrefix: "file-import/tester",
    extension: "csv",
    contentType: "text/csv",
    contentLength: content.length,
  });
  expect(placed).toMatchObject({
    key: expect.stringMatching(/^temp\/file-import\/tester\/[0-9a-f-]{36}\.csv$/),
    requiredHeaders: { "content-type": "text/csv", "content-length": String(content.length) },
  });
  expect(placed.uploadUrl.startsWith(`${scene.place.url}/job-uploads/${placed.key}?`)).toBe(true);
  const { key } = placed;
  expect(await data(scene, "objectExists", { key })).toEqual({ exists: false });
  expect(
    (await fetch(placed.uploadUrl, { method: "PUT", headers: { "content-type": "text/csv" }, body: content })).status,
  ).toBe(200);

  expect(await data(scene, "objectExists", { key })).toEqual({ exists: true });
  expect(await data(scene, "readTempBlob", { key })).toEqual({ base64: base64(content), byteLength: content.length });
  expect(await data(scene, "readObject", { key })).toEqual({
    found: true,
    base64: base64(content),
    contentType: "text/csv",
  });
  const { url } = await data<{ url: string }>(scene, "presignDownload", { key }, "GET");
  expect(await (await fetch(url)).text()).toBe(content);

  // The limit of 256 KiB is counted in base64, without its padding.
  const [icon, largest] = ["icons/bank.png", base64(randomBytes(256 * 1024 - 1))];
  expect(await data(scene, "writeObject", { key: icon, base64: largest, contentType: "image/png" })).toEqual({
    ok: true,
  });
  expect(await data(scene, "readObject", { key: icon })).toEqual({
    found: true,
    base64: largest,
    contentType: "image/png",
  });
  expect(
    (await ask(scene, "writeObject", { key: icon, base64: base64(randomBytes(256 * 1024)), contentType: "image/png" }))
      .error?.data.httpStatus,
  ).toBe(400);

  const copied = { fromKey: key, toKey: "documents/tester/copy.csv", contentType: "text/csv" };
  expect(await data(scene, "copyObject", copied)).toEqual({ ok: true });
  expect(await data(scene, "readTempBlob", { key: copied.toKey })).toEqual({
    base64: base64(content),
    byteLength: content.length,
  });
  // Delete it twice, since a file may already be gone.
  for (let time = 0; time < 2; time += 1) expect(await data(scene, "deleteTempBlob", { key })).toEqual({ ok: true });
  expect(await data(scene, "objectExists", { key })).toEqual({ exists: false });
  expect(await data(scene, "readObject", { key })).toEqual({ found: false, base64: "", contentType: "" });
  expect((await ask(scene, "readTempBlob", { key })).error?.data.httpStatus).toBe(500);
  expect(
    (
      await ask(scene, "presignUpload", {
        keyPrefix: "../up",
        extension: "csv",
        contentType: "text/csv",
        contentLength: 1,
      })
    ).error?.data.httpStatus,
  ).toBe(500);
}
