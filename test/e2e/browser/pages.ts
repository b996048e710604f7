import type { Page } from "playwright-core";
import { until } from "../traffic";
import { codeIn, linkIn, mailsTo, newMail, type ReadMail } from "../../../lab/rehearse/mailbox";
import type { Front } from "../../../lab/rehearse/signIn";

/** A file a user chooses. */
export interface Statement {
  readonly name: string;
  readonly mimeType: string;
  readonly content: string;
  /** Number of transactions in it. */
  readonly transactions: number;
}

/** Statements that are imported without any AI key, one of each kind. */
export const statements: readonly Statement[] = [
  {
    name: "statement.csv",
    mimeType: "text/csv",
    transactions: 2,
    content: "Date,Description,Amount,Currency\n2026-01-02,Coffee,-3.50,USD\n2026-01-03,Salary,1000.00,USD\n",
  },
  {
    name: "statement.ofx",
    mimeType: "application/x-ofx",
    transactions: 1,
    content:
      "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM>" +
      "<BANKTRANLIST><DTSTART>20260101<DTEND>20260131<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260105<TRNAMT>-12.00<FITID>f1<NAME>Bakery</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n",
  },
  {
    name: "statement.qif",
    mimeType: "application/x-qif",
    transactions: 1,
    content: "!Type:Bank\nD01/06/2026\nT-7.25\nPBooks\n^\n",
  },
];

/** Scani in a browser, as its user sees it. */
export interface ScaniPage {
  /** Opens the page and signs in by the link in the mail. */
  signInByLink(email: string): Promise<void>;
  /** Opens the page and signs in by the code in the mail. */
  signInByCode(email: string): Promise<void>;
  /** Uploads a statement and has it imported. @throws Error unless all of it was */
  importStatement(statement: Statement): Promise<void>;
  /** Does one thing a user does repeatedly, with a request to the api. */
  work(round: number): Promise<void>;
  signOut(): Promise<void>;
}

/** Milliseconds a page may take for anything a user waits for. */
const timeout = 20_000;

/** Milliseconds a page may take for a job of the worker. */
const importTimeout = 60_000;

/** Makes Scani send a mail, and returns that mail. */
async function mailAfter({ mailPort }: Front, email: string, ask: () => Promise<void>): Promise<ReadMail> {
  const before = await mailsTo(mailPort, email);
  await ask();
  return newMail(mailPort, email, before);
}

/** Scani's own page. Texts and ids as in 0.17.1, in English. */
export class RealPage implements ScaniPage {
  constructor(
    private readonly page: Page,
    private readonly front: Front,
  ) {
    page.setDefaultTimeout(timeout);
  }

  async signInByLink(email: string): Promise<void> {
    await this.page.goto(this.front.url);
    const mail = await mailAfter(this.front, email, async () => {
      await this.askFor(email);
      await this.page.getByText("Check your email").waitFor();
    });
    await this.page.goto(linkIn(mail));
    await this.dashboard();
  }

  /**
   * Signs in as an installed page, which asks for a code instead of a link; `standalone` tells it that it is installed.
   */
  async signInByCode(email: string): Promise<void> {
    await this.page.addInitScript("Object.defineProperty(navigator, 'standalone', { value: true })");
    await this.page.goto(this.front.url);
    const mail = await mailAfter(this.front, email, () => this.askFor(email));
    const digits = this.page.locator("input[autocomplete='one-time-code'], input[inputmode='numeric']").first();
    await digits.click();
    // The last digit submits.
    await this.page.keyboard.type(codeIn(mail));
    await this.dashboard();
  }

  async importStatement({ name, mimeType, content, transactions }: Statement): Promise<void> {
    const { page } = this;
    await this.goTo("/import");
    await page.locator("#manual-institution").fill(`bank ${Date.now()}`);
    await page.getByRole("button", { name: /^Add “bank/ }).click();
    await this.choose(0, "Bank");
    await page.locator("#manual-account").fill("savings");
    await page.getByRole("button", { name: /^Add “savings/ }).click();
    await this.choose(1, "Savings Account");
    await page.locator("#import-file").setInputFiles({ name, mimeType, buffer: Buffer.from(content) });
    await page.getByRole("button", { name: "Upload and read it" }).click();
    // The worker may be busy with other jobs: after each import Scani recalculates a year of history.
    const imported = await page
      .getByText("File imported")
      .waitFor({ timeout: importTimeout })
      .then(
        () => true,
        () => false,
      );
    const shown = await page.locator("main").innerText();
    if (!imported) throw new Error(`${name} was not imported: ${page.url()} ${shown}`);
    if (!new RegExp(`Transactions\\s+${transactions}\\b`).test(shown))
      throw new Error(`the page does not show ${transactions} transactions: ${shown}`);
  }

  async work(round: number): Promise<void> {
    const link = ["Holdings", "Accounts", "Institutions", "Vendors", "Groups", "Vaults", "Jobs"][round % 7];
    await this.page.getByRole("link", { name: link, exact: true }).first().click();
    await this.page.waitForLoadState("networkidle");
  }

  async signOut(): Promise<void> {
    await this.goTo("/settings");
    await this.page
      .getByRole("button", { name: /sign out/i })
      .first()
      .click();
    await this.page.waitForURL(/\/(auth|signin)/);
  }

  private async askFor(email: string): Promise<void> {
    await this.page.locator("input[type='email']").fill(email);
    await this.page.getByRole("button", { name: "Continue with Email" }).click();
  }

  private async dashboard(): Promise<void> {
    await this.page.getByRole("link", { name: "Holdings", exact: true }).first().waitFor();
    await this.page.waitForURL(`${this.front.url}/`);
  }

  private async choose(which: number, option: string): Promise<void> {
    await this.page.locator("main").getByRole("combobox").nth(which).click();
    await this.page.getByRole("option", { name: option, exact: true }).click();
  }

  /** Navigates within the page, as one of its links would, without a reload. */
  private async goTo(path: string): Promise<void> {
    await this.page.evaluate(
      `history.pushState({}, "", ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent("popstate", { state: {} }))`,
    );
  }
}

/** The stand-in page; its ids are listed in lab/images/page/main.ts. */
export class StandInPage implements ScaniPage {
  constructor(
    private readonly page: Page,
    private readonly front: Front,
  ) {
    page.setDefaultTimeout(timeout);
  }

  async signInByLink(email: string): Promise<void> {
    await this.page.goto(this.front.url);
    const mail = await mailAfter(this.front, email, async () => {
      await this.page.locator("#email").fill(email);
      await this.page.locator("#send-link").click();
      await this.message("The link is on its way.");
    });
    await this.page.goto(linkIn(mail));
    await this.signedIn(email);
  }

  async signInByCode(email: string): Promise<void> {
    await this.page.goto(this.front.url);
    const mail = await mailAfter(this.front, email, async () => {
      await this.page.locator("#email").fill(email);
      await this.page.locator("#send-code").click();
      await this.message("The code is on its way.");
    });
    await this.page.locator("#code").fill(codeIn(mail));
    await this.page.locator("#verify-code").click();
    await this.signedIn(email);
  }

  async importStatement({ name, mimeType, content, transactions }: Statement): Promise<void> {
    await this.page.locator("#file").setInputFiles({ name, mimeType, buffer: Buffer.from(content) });
    await this.page.locator("#upload").click();
    await this.message(/^(Imported\.|Failed: .*)$/);
    const result = await this.page.locator("#import-result").innerText();
    if (result !== `${transactions} transactions`) throw new Error(`the page shows for ${name}: ${result}`);
  }

  async work(): Promise<void> {
    const asked = await this.page.locator("#asked").innerText();
    await until(async () => (await this.page.locator("#asked").innerText()) !== asked, timeout);
  }

  async signOut(): Promise<void> {
    await this.page.locator("#sign-out").click();
    await this.page.locator("body[data-view='anonymous']").waitFor();
  }

  private async message(text: string | RegExp): Promise<void> {
    await this.page.locator("#message", { hasText: text }).waitFor();
  }

  private async signedIn(email: string): Promise<void> {
    await this.page.locator("#user-email", { hasText: email }).waitFor();
    await this.page.locator("#realtime", { hasText: /^connected$/ }).waitFor();
  }
}
