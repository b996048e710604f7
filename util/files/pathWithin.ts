/** True for an absolute path that is the folder itself or below it. Pure. */
export function isPathWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder.replace(/\/$/, "")}/`);
}
