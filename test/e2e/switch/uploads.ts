import { randomUUID } from "node:crypto";
import { exec } from "../../../host/engine/docker/exec";
import { StandInScani } from "../../../lab/rehearse/standIn";
import { readStatement, upload } from "../../../lab/rehearse/statement";
import { container, environmentOf } from "../host";
import { useEveryStorageCall } from "../storageCalls";
import { scene } from "./install";

/**
 * Files, by every call of Scani's data-provider, whose client is Bun's, and through the gateway, as a browser uploads
 * and downloads them.
 */

test("every storage call of the data-provider works with the bundled S3 server, and presigned addresses through the gateway", () =>
  useEveryStorageCall(scene));

test("the data-provider's own health asks the bucket", async () => {
  const provider = await container(scene, "tier1", "data-provider");
  const { output } = await exec(scene.docker.getContainer(provider.id), [
    "curl",
    "-sS",
    "http://127.0.0.1:8082/health/r2",
  ]);
  expect(JSON.parse(output)).toMatchObject({ ok: true });
  expect(environmentOf(provider).S3_PUBLIC_ENDPOINT).toBe(scene.place.url);
});

test("an import needs its file and its user, and the api takes no other kind or size of file", async () => {
  const scani = new StandInScani(scene.place);
  const [eve, mallory] = [await scani.seedUser("eve"), await scani.seedUser("mallory")];
  const procedures = scani.procedures(eve);
  const { accountId } = await procedures.mutate<{ accountId: string }>("batchOperations.ensureAccount", {
    account: { name: "savings" },
  });
  const statement = {
    name: "eve.csv",
    type: "csv",
    content: "date,amount\n2026-01-01,1.00\n",
    accountId,
    requestId: randomUUID(),
  } as const;
  const { key } = await upload(scene.place, procedures, statement);
  await expect(readStatement(scani.procedures(mallory), key, statement)).rejects.toThrow(/403/);
  expect(await readStatement(procedures, key.replace(/[^/]+$/, `${randomUUID()}.csv`), statement)).toMatchObject({
    state: "failed",
    failedReason: expect.stringMatching(/storage\.readTempBlob answered 500/),
  });
  expect(await scani.imports(mallory)).toEqual([]);

  const wanted = { purpose: "file-import", contentType: "text/csv", filename: "eve.csv", sizeBytes: 1 };
  for (const wrong of [
    { sizeBytes: 8 * 1024 * 1024 + 1 },
    { contentType: "application/x-msdownload" },
    { filename: "eve.exe" },
    { purpose: "anything" },
  ]) {
    await expect(procedures.mutate("storage.getUploadUrl", { ...wanted, ...wrong })).rejects.toThrow(/answers 400/);
  }
  await expect(scani.procedures({ cookie: "" }).mutate("storage.getUploadUrl", wanted)).rejects.toThrow(/answers 401/);
});
