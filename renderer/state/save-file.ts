/** Browsers fetch a download's bytes after the click; a minute is long enough for any of them. */
const RELEASE_MS = 60_000;

/** Hands bytes to the browser as a file to be saved. */
export function saveFile(name: string, parts: readonly BlobPart[], type: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
}
