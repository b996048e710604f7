import { randomUUID } from "node:crypto";
import { put, type JobStatus, type Procedures, type UploadPlace } from "../../../lab/rehearse/statement";
import { scene } from "./install";
import { until } from "../traffic";

/**
 * Begins the upload of a document and of a screenshot, as Scani's own page does.
 * @returns a function that ends both after a switch and expects that neither is imported, and that the page says so:
 * the document is refused with the request to upload it again, and the screenshot's job counts its file as failed
 */
export async function beginOthers(procedures: Procedures): Promise<() => Promise<void>> {
  const placeFor = (purpose: string, contentType: string, filename: string) =>
    procedures.mutate<UploadPlace>("storage.getUploadUrl", { purpose, contentType, filename, sizeBytes: 4 });
  const document = await placeFor("document", "application/pdf", "late.pdf");
  const screenshot = await placeFor("screenshot", "image/png", "late.png");
  return async () => {
    for (const place of [document, screenshot]) await put(scene.place, place, "late");
    await expect(
      procedures.mutate("documents.enqueueParse", {
        r2Key: document.key,
        mimeType: "application/pdf",
        originalFilename: "late.pdf",
        requestId: randomUUID(),
      }),
    ).rejects.toThrow(/Please upload it again/);
    const { jobId } = await procedures.mutate<{ jobId: string }>("screenshots.parseScreenshots", {
      r2Keys: [screenshot.key],
      requestId: randomUUID(),
    });
    await until(async () => {
      const job = await procedures.query<JobStatus & { result?: unknown }>("jobs.status", { jobId });
      if (job.state !== "completed") return false;
      expect(JSON.stringify(job)).toMatch(/"failureCount":1/);
      return true;
    }, 60_000);
  };
}
