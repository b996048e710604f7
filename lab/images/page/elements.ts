/** Returns an element of the page's HTML. @throws Error when there is none of that kind */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} ${id}`);
  return found;
}

export function setText(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}

export function setView(view: "anonymous" | "signed-in" | "unreachable"): void {
  document.body.dataset.view = view;
  element("sign-in", HTMLElement).hidden = view !== "anonymous";
  element("signed-in", HTMLElement).hidden = view !== "signed-in";
}
