import { randomBytes, randomUUID } from "node:crypto";
import { capture } from "../../../host/engine/attached";
import { exec } from "../../../host/engine/exec";
import { StandInScani } from "../../../lab/rehearse/standIn";
import { readStatement, upload, type UploadPlace } from "../../../lab/rehearse/statement";
import { container, environmentOf } from "../host";
import { scene } from "./install";

/** Files, by every call of Scani's data-provider, whose client is Bun's, and by the gateway, as a browser puts and gets them. */

interface Answer<T> {
  readonly result?: { readonly data: T };
  readonly error?: { readonly message: string; readonly data: { readonly httpStatus: number } };
}

/** Asks tier 1's data-provider from within it, as the api does. */
async function ask<T>(name: string, input: object, method = "POST"): Promise<Answer<T>> {
  const provider = await container(scene, "tier1", "data-provider");
  const batch = JSON.stringify({ 0: input });
  const query = method === "GET" ? `&input=${encodeURIComponent(batch)}` : "";
  // By a file: an argument may not be as long as the largest object that is written.
  const script = "cat > /tmp/input; curl -sS -X \"$1\" -H \"authorization: Bearer $DATA_PROVIDER_API_KEY\" -H 'content-type: application/json' ${2:+--data-binary @/tmp/input} \"$3\"";
  const words = ["sh", "-c", script, "ask", method, method === "GET" ? "" : "body", `http://127.0.0.1:8082/trpc/storage.${name}?batch=1${query}`];
  const { output } = await capture(scene.docker.getContainer(provider.id), words, [], batch);
  return (JSON.parse(output) as [Answer<T>])[0];
}

async function data<T>(name: string, input: object, method?: string): Promise<T> {
  const { result, error } = await ask<T>(name, input, method);
  if (result === undefined) throw new Error(`storage.${name}: ${error?.message}`);
  return result.data;
}

const base64 = (content: string | Buffer) => Buffer.from(content).toString("base64");

test("every storage call of the data-provider works with the bundled S3 server, and presigned addresses through the gateway", async () => {
  const content = "date,amount\n2026-01-01,1.00\n";
  const placed = await data<UploadPlace & { requiredHeaders: Record<string, string> }>("presignUpload", { keyPrefix: "file-import/tester", extension: "csv", contentType: "text/csv", contentLength: content.length });
  expect(placed).toMatchObject({ key: expect.stringMatching(/^temp\/file-import\/tester\/[0-9a-f-]{36}\.csv$/), requiredHeaders: { "content-type": "text/csv", "content-length": String(content.length) } });
  expect(placed.uploadUrl.startsWith(`${scene.place.url}/job-uploads/${placed.key}?`)).toBe(true);
  const { key } = placed;
  expect(await data("objectExists", { key })).toEqual({ exists: false });
  expect((await fetch(placed.uploadUrl, { method: "PUT", headers: { "content-type": "text/csv" }, body: content })).status).toBe(200);

  expect(await data("objectExists", { key })).toEqual({ exists: true });
  expect(await data("readTempBlob", { key })).toEqual({ base64: base64(content), byteLength: content.length });
  expect(await data("readObject", { key })).toEqual({ found: true, base64: base64(content), contentType: "text/csv" });
  const { url } = await data<{ url: string }>("presignDownload", { key }, "GET");
  expect(await (await fetch(url)).text()).toBe(content);

  // The limit of 256 KiB is counted in base64, without its padding.
  const [icon, largest] = ["icons/bank.png", base64(randomBytes(256 * 1024 - 1))];
  expect(await data("writeObject", { key: icon, base64: largest, contentType: "image/png" })).toEqual({ ok: true });
  expect(await data("readObject", { key: icon })).toEqual({ found: true, base64: largest, contentType: "image/png" });
  expect((await ask("writeObject", { key: icon, base64: base64(randomBytes(256 * 1024)), contentType: "image/png" })).error?.data.httpStatus).toBe(400);

  const copied = { fromKey: key, toKey: "documents/tester/copy.csv", contentType: "text/csv" };
  expect(await data("copyObject", copied)).toEqual({ ok: true });
  expect(await data("readTempBlob", { key: copied.toKey })).toEqual({ base64: base64(content), byteLength: content.length });
  // Twice, since whoever deletes a file may find it gone.
  for (let time = 0; time < 2; time += 1) expect(await data("deleteTempBlob", { key })).toEqual({ ok: true });
  expect(await data("objectExists", { key })).toEqual({ exists: false });
  expect(await data("readObject", { key })).toEqual({ found: false, base64: "", contentType: "" });
  expect((await ask("readTempBlob", { key })).error?.data.httpStatus).toBe(500);
  expect((await ask("presignUpload", { keyPrefix: "../up", extension: "csv", contentType: "text/csv", contentLength: 1 })).error?.data.httpStatus).toBe(500);
});

test("the data-provider's own health asks the bucket", async () => {
  const provider = await container(scene, "tier1", "data-provider");
  const { output } = await exec(scene.docker.getContainer(provider.id), ["curl", "-sS", "http://127.0.0.1:8082/health/r2"]);
  expect(JSON.parse(output)).toMatchObject({ ok: true });
  expect(environmentOf(provider).S3_PUBLIC_ENDPOINT).toBe(scene.place.url);
});

test("an import needs its file and its user, and the api takes no other kind or size of file", async () => {
  const scani = new StandInScani(scene.place);
  const [eve, mallory] = [await scani.seedUser("eve"), await scani.seedUser("mallory")];
  const procedures = scani.procedures(eve);
  const { accountId } = await procedures.mutate<{ accountId: string }>("batchOperations.ensureAccount", { account: { name: "savings" } });
  const statement = { name: "eve.csv", type: "csv", content: "date,amount\n2026-01-01,1.00\n", accountId, requestId: randomUUID() } as const;
  const { key } = await upload(scene.place, procedures, statement);
  await expect(readStatement(scani.procedures(mallory), key, statement)).rejects.toThrow(/403/);
  expect(await readStatement(procedures, key.replace(/[^/]+$/, `${randomUUID()}.csv`), statement)).toMatchObject({ state: "failed", failedReason: expect.stringMatching(/storage\.readTempBlob answered 500/) });
  expect(await scani.imports(mallory)).toEqual([]);

  const wanted = { purpose: "file-import", contentType: "text/csv", filename: "eve.csv", sizeBytes: 1 };
  for (const wrong of [{ sizeBytes: 8 * 1024 * 1024 + 1 }, { contentType: "application/x-msdownload" }, { filename: "eve.exe" }, { purpose: "anything" }]) {
    await expect(procedures.mutate("storage.getUploadUrl", { ...wanted, ...wrong })).rejects.toThrow(/answers 400/);
  }
  await expect(scani.procedures({ cookie: "" }).mutate("storage.getUploadUrl", wanted)).rejects.toThrow(/answers 401/);
});
