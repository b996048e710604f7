/**
 * End of a span of time, by a clock that only goes forward. The machine's own clock may be set (by NTP, by a host that
 * wakes a guest), which would end a wait at once or make it last for hours. Spans are measured with `performance.now`;
 * `Date` is for moments that are written down.
 */
export class Deadline {
  private readonly at: number;

  /** @param span milliseconds from now on */
  constructor(span: number) {
    this.at = performance.now() + span;
  }

  /** Milliseconds that are left; 0 once it is over. */
  get left(): number {
    return Math.max(this.at - performance.now(), 0);
  }

  get isOver(): boolean {
    return this.left === 0;
  }
}
