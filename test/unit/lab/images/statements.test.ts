import { transactionsOf } from "../../../../lab/images/services/lib/statements";

test.each([
  ["csv", "date,amount\r\n2026-01-01,1.00\r\n\r\n2026-01-02,2.00\r\n", ["2026-01-01,1.00", "2026-01-02,2.00"]],
  [
    "ofx",
    "<OFX><STMTTRN>\n<TRNAMT>1.00\n</STMTTRN><STMTTRN><TRNAMT>2.00</STMTTRN></OFX>",
    ["<TRNAMT>1.00", "<TRNAMT>2.00"],
  ],
  ["qif", "!Type:Bank\nD01/01/26\nT1.00\n^\nD02/01/26\nT2.00\n^\n", ["D01/01/26 T1.00", "D02/01/26 T2.00"]],
] as const)("transactions of a %s file", (type, content, transactions) => {
  expect(transactionsOf(content, type)).toEqual(transactions);
  expect(() => transactionsOf("", type)).toThrow(`no transaction in this ${type} file`);
});
