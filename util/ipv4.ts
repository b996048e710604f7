/** A block of IPv4 addresses: its first one as a number, and how many leading bits all of them share. */
export interface Block {
  readonly first: number;
  readonly prefix: number;
}

/** Reads `10.1.2.0/24`; undefined for anything else, and for an address inside a block. Pure. */
export function parseBlock(text: string): Block | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((part) => part > 255) || prefix > 32) return undefined;
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return first % sizeOf(prefix) === 0 ? { first, prefix } : undefined;
}

/** Renders a block as `10.1.2.0/24`. Pure. */
export function renderBlock({ first, prefix }: Block): string {
  return `${renderAddress(first)}/${prefix}`;
}

/** Returns the n-th address of a block, from 0. Pure. */
export function addressIn({ first }: Block, n: number): string {
  return renderAddress(first + n);
}

/** Returns the two halves of a block. Pure. */
export function halvesOf({ first, prefix }: Block): [Block, Block] {
  return [
    { first, prefix: prefix + 1 },
    { first: first + sizeOf(prefix + 1), prefix: prefix + 1 },
  ];
}

/** Returns the block of twice the size that contains a block. Pure. */
export function parentOf({ first, prefix }: Block): Block {
  return { first: first - (first % sizeOf(prefix - 1)), prefix: prefix - 1 };
}

/** True when two blocks share an address. Pure. */
export function overlap(a: Block, b: Block): boolean {
  return a.first < b.first + sizeOf(b.prefix) && b.first < a.first + sizeOf(a.prefix);
}

/** True when all of a block is in another. Pure. */
export function isWithin(inner: Block, outer: Block): boolean {
  return inner.prefix >= outer.prefix && overlap(inner, outer);
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

function renderAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
